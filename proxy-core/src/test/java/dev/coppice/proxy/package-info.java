@NullMarked
package dev.coppice.proxy;

import org.jspecify.annotations.NullMarked;
