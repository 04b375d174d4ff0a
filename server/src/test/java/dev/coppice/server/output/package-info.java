@NullMarked
package dev.coppice.server.output;

import org.jspecify.annotations.NullMarked;
