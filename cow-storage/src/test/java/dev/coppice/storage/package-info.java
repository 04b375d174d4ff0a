@NullMarked
package dev.coppice.storage;

import org.jspecify.annotations.NullMarked;
