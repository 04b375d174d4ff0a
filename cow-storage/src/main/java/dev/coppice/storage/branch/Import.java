package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.LayerRecord;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.layer.StoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Takes the files of a plain directory into an empty layer: each becomes a delta where it lies. */
final class Import {

  private static final int OWNER_ONLY = 0600;

  private final Layer layer;
  private final FileIds fileIds;
  private final Integer ownUid;
  private final List<Delta> taken = new ArrayList<>();
  private FileTree tree;

  Import(Layer layer, FileIds fileIds, FileTree empty) throws IOException {
    this.layer = layer;
    this.fileIds = fileIds;
    this.tree = empty;
    int made = layer.makeDirectory();
    if (made < 0) {
      throw StoreFiles.failure("create", layer.directory(), made);
    }
    this.ownUid = (Integer) Files.getAttribute(layer.directory(), "unix:uid");
  }

  /** Returns the tree that then holds what the directory held; the directory's files are gone. */
  FileTree run(StagingDirectory staging) throws IOException {
    take(staging.plain(), FileTree.ROOT);
    // One flush of the disk for all. If that fails, each says what is wrong when it is synced.
    if (!staging.sync()) {
      taken.forEach(Delta::wrote);
    }
    return tree;
  }

  private void take(Path directory, long parent) throws IOException {
    List<Path> entries;
    try (Stream<Path> listed = Files.list(directory)) {
      entries = listed.sorted().toList();
    }
    for (Path entry : entries) {
      int mode = (Integer) Files.getAttribute(entry, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      long id = fileIds.next();
      String name = FileNames.fromText(entry.getFileName().toString());
      switch (mode & Node.TYPE_MASK) {
        case Node.DIRECTORY -> {
          record(new LayerRecord.Created(id, parent, name, mode, "", Branch.nowNanos()), null);
          take(entry, id);
        }
        case Node.SYMLINK -> {
          String target = FileNames.fromText(Files.readSymbolicLink(entry).toString());
          record(new LayerRecord.Created(id, parent, name, mode, target, Branch.nowNanos()), null);
        }
        case Node.REGULAR -> {
          record(new LayerRecord.Created(id, parent, name, mode, "", Branch.nowNanos()), null);
          content(entry, id);
        }
        default -> {
          // Sockets and the like mean nothing without the process that made them.
        }
      }
    }
  }

  private void content(Path file, long id) throws IOException {
    long size = Files.size(file);
    if (size == 0) {
      return;
    }
    Delta delta = layer.delta(id);
    Files.setAttribute(file, "unix:uid", ownUid);
    Files.setAttribute(file, "unix:mode", OWNER_ONLY);
    int moved = delta.disk().rename(file, delta.path());
    int fd = moved < 0 ? moved : delta.acquire();
    int padded = fd < 0 ? fd : delta.disk().truncate(fd, Page.count(size) << Page.SHIFT);
    if (fd >= 0) {
      delta.release();
    }
    if (padded < 0) {
      throw StoreFiles.failure("take over", delta.path(), padded);
    }
    taken.add(delta);
    LayerRecord record =
        new LayerRecord.PagesWritten(id, 0, Page.count(size), size, Branch.nowNanos());
    delta.recorded(record(record, delta));
  }

  private long record(LayerRecord record, @Nullable Delta delta) {
    long end = layer.append(record);
    if (end < 0) {
      throw StoreFiles.failure("write the log of", layer.directory(), end);
    }
    tree = tree.apply(record, delta);
    return end;
  }
}
