/**
 * Operating failures as the outside sees them. {@link dev.coppice.server.failure.FailureTable} is
 * the one place that gives each its SQLSTATE, HTTP status and exit code.
 */
@NullMarked
package dev.coppice.server.failure;

import org.jspecify.annotations.NullMarked;
