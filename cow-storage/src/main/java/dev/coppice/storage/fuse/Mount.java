package dev.coppice.storage.fuse;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the file system in its place and takes it away again. */
final class Mount {

  private static final Logger LOG = LoggerFactory.getLogger(Mount.class);
  private static final Path SELF = Path.of("/proc/self");
  private static final String DEVICE = "/dev/fuse";
  private static final String TYPE = "fuse.coppice";
  private static final String SOURCE_PREFIX = "coppice-";
  private static final long NOSUID_NODEV_NOATIME = 2 | 4 | 1024;
  private static final int FORCE = 1;
  private static final int DETACH = 2;
  private static final int MAX_STALE_MOUNTS = 64;
  private static final String READ_AHEAD_KIB = "1024";
  private static final String DIRTY_PERCENT = "100";
  private static final String HINT =
      "\"coppice doctor\" tells what is missing. As root: 'modprobe fuse'; in a container:"
          + " '--device /dev/fuse --cap-add SYS_ADMIN --security-opt apparmor=unconfined'. Others"
          + " need a user namespace, which the launcher makes.";

  private final Path mountPoint;

  private Mount(Path mountPoint) {
    this.mountPoint = mountPoint;
  }

  static int openDevice() {
    int fd = Posix.open(DEVICE, Posix.O_RDWR, 0);
    if (fd < 0) {
      throw new StorageException(
          StorageFailure.FUSE_UNAVAILABLE,
          "could not open %s: %s".formatted(DEVICE, Errno.describe(-fd)),
          HINT);
    }
    return fd;
  }

  static Mount mount(int fd, Path mountPoint, UUID storeId) {
    removeStale(mountPoint, storeId);
    try {
      Files.createDirectories(mountPoint);
    } catch (IOException e) {
      throw new StorageException(
          StorageFailure.MOUNT_FAILED,
          "could not create the mount point %s: %s".formatted(mountPoint, e.getMessage()),
          "Choose a mount point whose parent directory exists and is writable.",
          e);
    }
    // In a user namespace only ids that it knows may be named, and this program's are known.
    String options =
        "fd=%d,rootmode=40000,user_id=%d,group_id=%d,allow_other,default_permissions,max_read=%d"
            .formatted(fd, ownId("unix:uid"), ownId("unix:gid"), Handshake.MAX_WRITE_BYTES);
    int result =
        Posix.mount(
            SOURCE_PREFIX + storeId, mountPoint.toString(), TYPE, NOSUID_NODEV_NOATIME, options);
    if (result < 0) {
      boolean refused = result == -Errno.EPERM || result == -Errno.ENODEV;
      throw new StorageException(
          refused ? StorageFailure.FUSE_UNAVAILABLE : StorageFailure.MOUNT_FAILED,
          "could not mount on %s: %s".formatted(mountPoint, Errno.describe(-result)),
          HINT);
    }
    return new Mount(mountPoint);
  }

  private static int ownId(String attribute) {
    try {
      return (Integer) Files.getAttribute(SELF, attribute);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes away what a killed predecessor left. The store's lock says that it is dead. */
  static void removeStale(Path mountPoint, UUID storeId) {
    try {
      for (int i = 0; i < MAX_STALE_MOUNTS; i++) {
        Optional<MountTable.Entry> found = MountTable.find(mountPoint);
        if (found.isEmpty()) {
          return;
        }
        MountTable.Entry entry = found.get();
        if (!entry.source().equals(SOURCE_PREFIX + storeId) && !isDead(mountPoint)) {
          throw new StorageException(
              StorageFailure.MOUNT_FAILED,
              "could not mount on %s: %s (%s) is mounted there"
                  .formatted(mountPoint, entry.source(), entry.type()),
              "Choose another mount point, or unmount that file system first.");
        }
        LOG.info("detaching the dead mount on {}", mountPoint);
        int result = Posix.unmount(mountPoint.toString(), DETACH);
        if (result < 0) {
          throw new StorageException(
              StorageFailure.MOUNT_FAILED,
              "could not detach the dead mount on %s: %s"
                  .formatted(mountPoint, Errno.describe(-result)),
              "Run 'umount -l %s' as root.".formatted(mountPoint));
        }
      }
    } catch (IOException e) {
      throw new StorageException(
          StorageFailure.MOUNT_FAILED,
          "could not read what is mounted: " + e.getMessage(),
          "Is /proc mounted?",
          e);
    }
  }

  private static boolean isDead(Path mountPoint) {
    int fd = Posix.open(mountPoint.toString(), Posix.O_RDONLY, 0);
    if (fd >= 0) {
      Posix.close(fd);
    }
    return fd == -Errno.ENOTCONN;
  }

  /**
   * Lets the kernel read further ahead than its usual 128 KiB, and keep more written pages than the
   * one in a hundred that it allows a FUSE mount, if we may (Documentation/ABI/testing/
   * sysfs-class-bdi). With less, writers only wait for us sooner.
   */
  void raiseCacheLimits() {
    try {
      Optional<MountTable.Entry> entry = MountTable.find(mountPoint);
      if (entry.isPresent()) {
        Path device = Path.of("/sys/class/bdi").resolve(entry.get().device());
        Files.writeString(device.resolve("read_ahead_kb"), READ_AHEAD_KIB);
        Files.writeString(device.resolve("max_ratio"), DIRTY_PERCENT);
        Files.writeString(device.resolve("strict_limit"), "0");
      }
    } catch (IOException e) {
      LOG.debug("the kernel's cache limits stay as they are: {}", e.getMessage());
    }
  }

  /** Unmounts; programs that still use the mount get errors from now on. */
  void unmount() {
    int result = Posix.unmount(mountPoint.toString(), 0);
    if (result == -Errno.EBUSY) {
      LOG.info("{} is still in use and is taken away by force", mountPoint);
      Posix.unmount(mountPoint.toString(), FORCE);
      result = Posix.unmount(mountPoint.toString(), DETACH);
    }
    if (result < 0) {
      LOG.warn("could not unmount {}: {}", mountPoint, Errno.describe(-result));
    }
  }
}
