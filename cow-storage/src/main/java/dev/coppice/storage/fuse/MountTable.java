package dev.coppice.storage.fuse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the kernel says is mounted where, read without touching the mounts. */
final class MountTable {

  private static final Path SELF = Path.of("/proc/self/mountinfo");

  /**
   * @param device major and minor number, as in the names below /sys/class/bdi
   */
  record Entry(String device, Path mountPoint, String type, String source) {}

  private MountTable() {}

  /** The topmost mount on exactly this directory. */
  static Optional<Entry> find(Path mountPoint) throws IOException {
    Entry found = null;
    for (String line : Files.readAllLines(SELF)) {
      Entry entry = parse(line);
      if (entry != null && entry.mountPoint().equals(mountPoint)) {
        found = entry;
      }
    }
    return Optional.ofNullable(found);
  }

  private static @Nullable Entry parse(String line) {
    int separator = line.indexOf(" - ");
    if (separator < 0) {
      return null;
    }
    List<String> before = List.of(line.substring(0, separator).split(" "));
    List<String> after = List.of(line.substring(separator + 3).split(" "));
    if (before.size() < 5 || after.size() < 2) {
      return null;
    }
    Path mountPoint = Path.of(unescape(before.get(4)));
    return new Entry(before.get(2), mountPoint, after.get(0), unescape(after.get(1)));
  }

  /** Space, tab, newline and backslash come as three octal digits. */
  private static String unescape(String text) {
    return text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
