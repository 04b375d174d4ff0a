package dev.coppice.storage.posix;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * System calls through the FFM API. Each returns what the call returned, or the negated errno where
 * it failed. Buffers are passed as raw addresses on the hot path; the caller keeps them alive.
 */
public final class Posix {

  public static final int O_RDONLY = 0;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_TRUNC = 0x200;
  public static final int O_CLOEXEC = 0x80000;
  public static final int SEEK_DATA = 3;
  public static final int SEEK_HOLE = 4;
  public static final int FALLOC_FL_KEEP_SIZE = 1;
  public static final int FALLOC_FL_PUNCH_HOLE = 2;
  public static final int FALLOC_FL_ZERO_RANGE = 16;
  private static final int POSIX_FADV_WILLNEED = 3;
  private static final int PR_SET_IO_FLUSHER = 57;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> CAPTURED =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;
  private static final long STAT_BYTES = 256;
  private static final long STAT_SIZE_OFFSET = 48;
  private static final long STAT_BLOCKS_OFFSET = 64;
  private static final long STAT_BLOCK_BYTES = 512;

  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(INT, POINTER, INT, INT),
          Linker.Option.firstVariadicArg(2),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle IOCTL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("ioctl"),
          FunctionDescriptor.of(INT, INT, LONG, LONG),
          Linker.Option.firstVariadicArg(2),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle READ =
      handle("read", FunctionDescriptor.of(LONG, INT, LONG, LONG));
  private static final MethodHandle WRITE =
      handle("write", FunctionDescriptor.of(LONG, INT, LONG, LONG));
  private static final MethodHandle PREAD =
      handle("pread", FunctionDescriptor.of(LONG, INT, LONG, LONG, LONG));
  private static final MethodHandle PWRITE =
      handle("pwrite", FunctionDescriptor.of(LONG, INT, LONG, LONG, LONG));
  private static final MethodHandle FSYNC = handle("fsync", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle FDATASYNC =
      handle("fdatasync", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle SYNCFS = handle("syncfs", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle FTRUNCATE =
      handle("ftruncate", FunctionDescriptor.of(INT, INT, LONG));
  private static final MethodHandle FALLOCATE =
      handle("fallocate", FunctionDescriptor.of(INT, INT, INT, LONG, LONG));
  private static final MethodHandle FADVISE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("posix_fadvise"),
          FunctionDescriptor.of(INT, INT, LONG, LONG, INT));
  private static final MethodHandle LSEEK =
      handle("lseek", FunctionDescriptor.of(LONG, INT, LONG, INT));
  private static final MethodHandle FSTAT =
      handle("fstat", FunctionDescriptor.of(INT, INT, POINTER));
  private static final MethodHandle RENAME =
      handle("rename", FunctionDescriptor.of(INT, POINTER, POINTER));
  private static final MethodHandle UNLINK = handle("unlink", FunctionDescriptor.of(INT, POINTER));
  private static final MethodHandle MKDIR =
      handle("mkdir", FunctionDescriptor.of(INT, POINTER, INT));
  private static final MethodHandle RMDIR = handle("rmdir", FunctionDescriptor.of(INT, POINTER));
  private static final MethodHandle LCHOWN =
      handle("lchown", FunctionDescriptor.of(INT, POINTER, INT, INT));
  private static final MethodHandle STATVFS =
      handle("statvfs", FunctionDescriptor.of(INT, POINTER, POINTER));
  private static final MethodHandle SETPRIORITY =
      handle("setpriority", FunctionDescriptor.of(INT, INT, INT, INT));
  private static final MethodHandle PRCTL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("prctl"),
          FunctionDescriptor.of(INT, INT, LONG, LONG, LONG, LONG),
          Linker.Option.firstVariadicArg(1),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle MOUNT =
      handle("mount", FunctionDescriptor.of(INT, POINTER, POINTER, POINTER, LONG, POINTER));
  private static final MethodHandle UMOUNT2 =
      handle("umount2", FunctionDescriptor.of(INT, POINTER, INT));

  private Posix() {}

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        descriptor,
        Linker.Option.captureCallState("errno"));
  }

  private static int negatedErrno(MemorySegment state) {
    return -(int) ERRNO.get(state, 0L);
  }

  private static IllegalStateException bug(Throwable cause) {
    return new IllegalStateException("native call failed", cause);
  }

  public static int open(String path, int flags, int mode) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int fd = (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags | O_CLOEXEC, mode);
      return fd < 0 ? negatedErrno(state) : fd;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** An ioctl whose argument is one 32-bit number passed by address. */
  public static int ioctl(int fd, long request, int argument) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocateFrom(INT, argument);
      int result = (int) IOCTL.invokeExact(state, fd, request, value.address());
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int close(int fd) {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) CLOSE.invokeExact(state, fd);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static long read(int fd, long address, long bytes) {
    MemorySegment state = CAPTURED.get();
    try {
      long result = (long) READ.invokeExact(state, fd, address, bytes);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static long write(int fd, long address, long bytes) {
    MemorySegment state = CAPTURED.get();
    try {
      long result = (long) WRITE.invokeExact(state, fd, address, bytes);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Reads until the bytes are there or the file ends. */
  public static long pread(int fd, long address, long bytes, long offset) {
    MemorySegment state = CAPTURED.get();
    long done = 0;
    try {
      while (done < bytes) {
        long result =
            (long) PREAD.invokeExact(state, fd, address + done, bytes - done, offset + done);
        if (result == 0) {
          return done;
        }
        if (result < 0) {
          int error = negatedErrno(state);
          if (error == -Errno.EINTR) {
            continue;
          }
          return error;
        }
        done += result;
      }
      return done;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Writes all the bytes or fails. */
  public static long pwrite(int fd, long address, long bytes, long offset) {
    MemorySegment state = CAPTURED.get();
    long done = 0;
    try {
      while (done < bytes) {
        long result =
            (long) PWRITE.invokeExact(state, fd, address + done, bytes - done, offset + done);
        if (result < 0) {
          int error = negatedErrno(state);
          if (error == -Errno.EINTR) {
            continue;
          }
          return error;
        }
        done += result;
      }
      return done;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int fsync(int fd) {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) FSYNC.invokeExact(state, fd);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int fdatasync(int fd) {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) FDATASYNC.invokeExact(state, fd);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Makes all of a file system durable, and tells what failed since the file was opened. */
  public static int syncfs(int fd) {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) SYNCFS.invokeExact(state, fd);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int ftruncate(int fd, long size) {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) FTRUNCATE.invokeExact(state, fd, size);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Begins to read a range into the page cache without waiting for it (posix_fadvise(2)). */
  public static void willNeed(int fd, long offset, long bytes) {
    try {
      var _ = (int) FADVISE.invokeExact(fd, offset, bytes, POSIX_FADV_WILLNEED);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int fallocate(int fd, int mode, long offset, long length) {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) FALLOCATE.invokeExact(state, fd, mode, offset, length);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** The size of an open file in bytes. */
  public static long size(int fd) {
    return statField(fd, STAT_SIZE_OFFSET);
  }

  /** The bytes that the file system has allocated for an open file. */
  public static long allocatedBytes(int fd) {
    long blocks = statField(fd, STAT_BLOCKS_OFFSET);
    return blocks < 0 ? blocks : blocks * STAT_BLOCK_BYTES;
  }

  /**
   * @param whence {@link #SEEK_DATA} or {@link #SEEK_HOLE}
   */
  public static long lseek(int fd, long offset, int whence) {
    MemorySegment state = CAPTURED.get();
    try {
      long result = (long) LSEEK.invokeExact(state, fd, offset, whence);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  private static long statField(int fd, long offset) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stat = arena.allocate(STAT_BYTES, Long.BYTES);
      int result = (int) FSTAT.invokeExact(state, fd, stat);
      return result < 0 ? negatedErrno(state) : stat.get(LONG, offset);
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int rename(String from, String to) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int result =
          (int) RENAME.invokeExact(state, arena.allocateFrom(from), arena.allocateFrom(to));
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int unlink(String path) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) UNLINK.invokeExact(state, arena.allocateFrom(path));
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Does not follow a symbolic link. */
  public static int changeOwner(String path, int uid, int gid) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) LCHOWN.invokeExact(state, arena.allocateFrom(path), uid, gid);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int makeDirectory(String path, int mode) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) MKDIR.invokeExact(state, arena.allocateFrom(path), mode);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int removeDirectory(String path) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) RMDIR.invokeExact(state, arena.allocateFrom(path));
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Fills in what statvfs(3) says of the file system that a path is on. */
  public static int statvfs(String path, FileSystemSpace space) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(STAT_BYTES, Long.BYTES);
      int result = (int) STATVFS.invokeExact(state, arena.allocateFrom(path), found);
      if (result < 0) {
        return negatedErrno(state);
      }
      space.read(found);
      return 0;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int mount(String source, String target, String type, long flags, String data) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int result =
          (int)
              MOUNT.invokeExact(
                  state,
                  arena.allocateFrom(source),
                  arena.allocateFrom(target),
                  arena.allocateFrom(type),
                  flags,
                  arena.allocateFrom(data));
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  public static int unmount(String target, int flags) {
    MemorySegment state = CAPTURED.get();
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) UMOUNT2.invokeExact(state, arena.allocateFrom(target), flags);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /**
   * Tells the kernel that the calling platform thread writes for others what they have dirtied, so
   * that it is not made to wait for that itself; needs CAP_SYS_RESOURCE (PR_SET_IO_FLUSHER).
   */
  public static int becomeFlusher() {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) PRCTL.invokeExact(state, PR_SET_IO_FLUSHER, 1L, 0L, 0L, 0L);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }

  /** Sets the niceness of the calling platform thread alone; needs CAP_SYS_NICE to lower it. */
  public static int setThreadNiceness(int niceness) {
    MemorySegment state = CAPTURED.get();
    try {
      int result = (int) SETPRIORITY.invokeExact(state, 0, 0, niceness);
      return result < 0 ? negatedErrno(state) : result;
    } catch (Throwable e) {
      throw bug(e);
    }
  }
}
