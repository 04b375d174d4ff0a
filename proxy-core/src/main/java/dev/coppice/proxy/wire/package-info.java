/**
 * What clients and engines say before a session is established, byte by byte
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */
@NullMarked
package dev.coppice.proxy.wire;

import org.jspecify.annotations.NullMarked;
