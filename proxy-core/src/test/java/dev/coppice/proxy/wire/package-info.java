@NullMarked
package dev.coppice.proxy.wire;

import org.jspecify.annotations.NullMarked;
