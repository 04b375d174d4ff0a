/**
 * Branches while they are in use: the file operations that the mount serves, and fork, freeze and
 * delete. Knows nothing of FUSE; failures of file operations are negated error numbers.
 */
@NullMarked
package dev.coppice.storage.branch;

import org.jspecify.annotations.NullMarked;
