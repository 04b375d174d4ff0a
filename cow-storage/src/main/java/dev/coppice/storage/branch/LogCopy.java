package dev.coppice.storage.branch;

import dev.coppice.storage.FileView;
import dev.coppice.storage.LogPart;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What has been copied of a log, and is to be made durable. */
record LogCopy(LogTarget target, Set<String> files, List<String> directories) {

  private static final int CHUNK_BYTES = 256 * 1024;

  /**
   * Copies parts of the files and all directories. Files that shrink or vanish meanwhile end where
   * they do.
   */
  static LogCopy of(FileView from, LogTarget target, List<LogPart> parts) {
    List<String> directories = new ArrayList<>();
    makeDirectories(from, target, "", directories);
    Set<String> files = new LinkedHashSet<>();
    for (LogPart part : parts) {
      if (files.add(part.file())) {
        target.create(part.file(), from.size(part.file()));
      }
      long end = part.offset() + part.bytes();
      for (long at = part.offset(); at < end; at += CHUNK_BYTES) {
        byte[] bytes = from.read(part.file(), at, (int) Math.min(CHUNK_BYTES, end - at));
        if (bytes.length > 0) {
          target.write(part.file(), at, bytes);
        }
      }
    }
    return new LogCopy(target, files, directories);
  }

  private static void makeDirectories(
      FileView from, LogTarget target, String at, List<String> made) {
    made.add(at);
    for (String name : from.names(at)) {
      String path = at.isEmpty() ? name : at + "/" + name;
      if (from.isDirectory(path)) {
        target.makeDirectory(path);
        makeDirectories(from, target, path, made);
      }
    }
  }

  void sync() {
    files.forEach(target::sync);
    directories.forEach(target::syncDirectory);
  }
}
