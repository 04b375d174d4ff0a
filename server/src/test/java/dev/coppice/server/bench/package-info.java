@NullMarked
package dev.coppice.server.bench;

import org.jspecify.annotations.NullMarked;
