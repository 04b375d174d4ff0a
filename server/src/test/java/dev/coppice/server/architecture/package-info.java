@NullMarked
package dev.coppice.server.architecture;

import org.jspecify.annotations.NullMarked;
