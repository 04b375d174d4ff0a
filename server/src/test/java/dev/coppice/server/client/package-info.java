@NullMarked
package dev.coppice.server.client;

import org.jspecify.annotations.NullMarked;
