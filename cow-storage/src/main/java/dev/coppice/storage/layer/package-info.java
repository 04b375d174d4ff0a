/**
 * What is on disk: the journal of the store, and layers with their logs, delta files and manifests.
 * The bytes are described in docs/format.md.
 */
@NullMarked
package dev.coppice.storage.layer;

import org.jspecify.annotations.NullMarked;
