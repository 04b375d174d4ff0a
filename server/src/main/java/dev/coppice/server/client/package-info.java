/** The command line's way to a server. */
@NullMarked
package dev.coppice.server.client;

import org.jspecify.annotations.NullMarked;
