/**
 * Immutable, structurally shared maps: of ids and names, and of pages to the files that hold them.
 */
@NullMarked
package dev.coppice.storage.tree;

import org.jspecify.annotations.NullMarked;
