package dev.coppice.storage.branch;

import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Layer;
import java.util.Set;

/** A frozen tree, and the layer and names it is made of on disk. */
record Snapshot(SnapshotId id, Layer layer, Set<String> without, FileTree tree) {}
