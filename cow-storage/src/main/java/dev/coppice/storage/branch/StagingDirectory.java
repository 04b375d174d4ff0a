package dev.coppice.storage.branch;

import dev.coppice.storage.Staging;
import dev.coppice.storage.StoreConfig;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory below the store's. Its owner may not be allowed to pass through the directories
 * above, so that it is also bound to a place beside the mount point (mount(2), MS_BIND).
 */
public final class StagingDirectory implements Staging {

  private static final Logger LOG = LoggerFactory.getLogger(StagingDirectory.class);
  private static final String INCOMING = "incoming";
  private static final String BOUND = "-incoming-";
  private static final long BIND = 4096;
  private static final int DETACH = 2;

  private final Path plain;
  private final Path bound;
  private final boolean isBound;

  /** Open since before the first write, so that a sync tells what has failed since; or an errno. */
  private final int fd;

  private StagingDirectory(Path plain, Path bound, boolean isBound) {
    this.plain = plain;
    this.bound = bound;
    this.isBound = isBound;
    this.fd = tellsFailures() ? Posix.open(plain.toString(), Posix.O_RDONLY, 0) : -Errno.ENOSYS;
  }

  /** Makes a new one. */
  public static StagingDirectory create(StoreConfig config) {
    String name = UUID.randomUUID().toString();
    Path plain = config.directory().resolve(INCOMING).resolve(name);
    Path bound =
        config.mountPoint().resolveSibling(config.mountPoint().getFileName() + BOUND + name);
    try {
      Files.createDirectories(plain);
      Files.setPosixFilePermissions(plain, PosixFilePermissions.fromString("rwx------"));
      boolean otherOwner = (Integer) Files.getAttribute(plain, "unix:uid") != config.ownerUid();
      if (!otherOwner) {
        return new StagingDirectory(plain, bound, false);
      }
      Files.setAttribute(plain, "unix:gid", config.ownerGid());
      Files.setAttribute(plain, "unix:uid", config.ownerUid());
      Files.createDirectory(bound);
    } catch (IOException e) {
      throw StoreFiles.failure("create", plain, e);
    }
    int result = Posix.mount(plain.toString(), bound.toString(), "none", BIND, "");
    if (result < 0) {
      throw StoreFiles.failure("bind a directory to", bound, result);
    }
    return new StagingDirectory(plain, bound, true);
  }

  /** Removes what a killed predecessor left; the store's lock says that it is dead. */
  public static void removeLeftOvers(StoreConfig config) {
    Path beside = config.mountPoint().getParent();
    try {
      if (beside != null && Files.isDirectory(beside)) {
        try (var entries =
            Files.newDirectoryStream(beside, config.mountPoint().getFileName() + BOUND + "*")) {
          for (Path entry : entries) {
            var _ = Posix.unmount(entry.toString(), DETACH);
            Files.delete(entry);
          }
        }
      }
      StoreFiles.deleteTree(config.directory().resolve(INCOMING));
    } catch (IOException e) {
      throw StoreFiles.failure("clean", config.directory().resolve(INCOMING), e);
    }
  }

  /** From Linux 5.8 on, syncfs(2) returns what the kernel could not write back. */
  private static boolean tellsFailures() {
    Matcher version =
        Pattern.compile("(\\d+)\\.(\\d+).*").matcher(System.getProperty("os.version", ""));
    return version.matches()
        && 1_000 * Integer.parseInt(version.group(1)) + Integer.parseInt(version.group(2)) >= 5_008;
  }

  /**
   * Makes all that lay here durable, wherever on the file system it has gone; false if that is not
   * known.
   */
  boolean sync() {
    return fd >= 0 && Posix.syncfs(fd) == 0;
  }

  /** Where the files lie, on the same file system as the layers. */
  Path plain() {
    return plain;
  }

  @Override
  public Path directory() {
    return isBound ? bound : plain;
  }

  @Override
  public void close() {
    if (fd >= 0) {
      var _ = Posix.close(fd);
    }
    try {
      if (isBound && Files.exists(bound)) {
        var _ = Posix.unmount(bound.toString(), DETACH);
        Files.delete(bound);
      }
      StoreFiles.deleteTree(plain);
    } catch (IOException e) {
      LOG.warn("{} stays behind until the next start: {}", plain, e.toString());
    }
  }
}
