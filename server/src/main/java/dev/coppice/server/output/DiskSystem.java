package dev.coppice.server.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file system below a path. */
public final class DiskSystem {
  private DiskSystem() {}

  /** Its kind, {@code ext4} for example; {@code unknown} where its mount is hidden by a chroot. */
  public static String typeOf(Path path) {
    try {
      return Files.getFileStore(path).type();
    } catch (IOException _) {
      return "unknown";
    }
  }
}
