@NullMarked
package dev.coppice.storage.tree;

import org.jspecify.annotations.NullMarked;
