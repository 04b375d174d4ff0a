package dev.coppice.storage.branch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The content that a file should have, and all that it may have after a power loss. */
final class FileModel {

  /** The oldest is the last that was synced. */
  private final List<byte[]> versions = new ArrayList<>();

  /** Which version was acknowledged last; one behind it is being written or failed to be. */
  private int acknowledged;

  /** The branch's state that has the newest name of this file; a sync of the file covers it. */
  private long namedAt;

  FileModel(byte[] content, long namedAt) {
    versions.add(content);
    this.namedAt = namedAt;
  }

  FileModel copy() {
    FileModel copy = new FileModel(versions.getFirst(), namedAt);
    copy.versions.clear();
    copy.versions.addAll(versions);
    copy.acknowledged = acknowledged;
    return copy;
  }

  byte[] content() {
    return versions.get(acknowledged);
  }

  int unsyncedVersions() {
    return versions.size();
  }

  long namedAt() {
    return namedAt;
  }

  void namedAt(long state) {
    namedAt = state;
  }

  void attempt(byte[] content) {
    versions.add(content);
  }

  void acknowledge() {
    acknowledged = versions.size() - 1;
  }

  /** What it was found to be becomes what it should be. */
  void found(byte[] content) {
    versions.add(content);
    acknowledge();
  }

  void synced() {
    byte[] content = content();
    versions.clear();
    versions.add(content);
    acknowledged = 0;
  }

  /** What is wrong with content found after the program or the machine stopped; null if nothing. */
  @Nullable String problem(byte[] found, boolean powerLost) {
    List<byte[]> allowed = powerLost ? versions : versions.subList(acknowledged, versions.size());
    if (allowed.stream().noneMatch(version -> version.length == found.length)) {
      return "has %d bytes, not %s"
          .formatted(found.length, allowed.stream().map(version -> version.length).toList());
    }
    if (allowed.stream().anyMatch(version -> Arrays.equals(version, found))) {
      return null;
    }
    for (int i = 0; i < found.length; i++) {
      if (!allows(allowed, i, found[i])) {
        return "byte %d of %d is %d, which it never was".formatted(i, found.length, found[i]);
      }
    }
    return null;
  }

  private static boolean allows(List<byte[]> versions, int at, byte found) {
    for (byte[] version : versions) {
      if ((at < version.length ? version[at] : 0) == found) {
        return true;
      }
    }
    return false;
  }
}
