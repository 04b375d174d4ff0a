@NullMarked
package dev.coppice.server.failure;

import org.jspecify.annotations.NullMarked;
