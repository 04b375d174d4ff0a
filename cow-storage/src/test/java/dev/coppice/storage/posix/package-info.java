@NullMarked
package dev.coppice.storage.posix;

import org.jspecify.annotations.NullMarked;
