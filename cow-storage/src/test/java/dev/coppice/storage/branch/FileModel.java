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

  /**
   * What another file may be while it is given this one's content: it may get that page by page,
   * and as long as neither was synced, a power loss may give it what this one was before.
   */
  void attemptToClone(FileModel other, int offset, int bytes) {
    byte[] before = other.content();
    int end = Math.min(offset + bytes, content().length);
    if (end > offset) {
      versions.forEach(version -> other.attempt(copied(version, before, offset, end)));
    }
    for (int at = offset + 8192; at < end; at += 8192) {
      other.attempt(copied(content(), before, offset, at));
    }
    if (end > offset) {
      other.attempt(copied(content(), before, offset, end));
    }
  }

  /** The content of another file once it has so many bytes of this one's. */
  byte[] copiedTo(byte[] other, int offset, int bytes) {
    return copied(content(), other, offset, offset + bytes);
  }

  private static byte[] copied(byte[] from, byte[] to, int offset, int end) {
    byte[] copy = Arrays.copyOf(to, Math.max(to.length, end));
    System.arraycopy(Arrays.copyOf(from, end), offset, copy, offset, end - offset);
    return copy;
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
