/** SCRAM-SHA-256 as a server (RFC 5802, RFC 7677). */
@NullMarked
package dev.coppice.proxy.scram;

import org.jspecify.annotations.NullMarked;
