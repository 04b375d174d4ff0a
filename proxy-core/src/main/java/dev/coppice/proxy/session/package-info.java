/** The stages of a connection: handshake, authentication, wake-up, relay. */
@NullMarked
package dev.coppice.proxy.session;

import org.jspecify.annotations.NullMarked;
