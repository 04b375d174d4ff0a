@NullMarked
package dev.coppice.storage.layer;

import org.jspecify.annotations.NullMarked;
