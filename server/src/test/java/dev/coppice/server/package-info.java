@NullMarked
package dev.coppice.server;

import org.jspecify.annotations.NullMarked;
