/** The HTTP interface: {@code /v1}, {@code /metrics} and {@code /healthz}; see docs/rest.md. */
@NullMarked
package dev.coppice.server.rest;

import org.jspecify.annotations.NullMarked;
