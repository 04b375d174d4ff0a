package dev.coppice.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** System calls as a program makes them; each returns the result or the negated errno. */
final class SystemCalls {

  static final int O_RDWR = 2;
  static final int O_CREAT = 0x40;
  static final int O_EXCL = 0x80;
  static final int O_TRUNC = 0x200;
  static final int O_APPEND = 0x400;
  static final int SEEK_SET = 0;
  static final int SEEK_CUR = 1;
  static final int SEEK_DATA = 3;
  static final int SEEK_HOLE = 4;
  private static final long AT_FDCWD = -100;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final Map<String, MethodHandle> FUNCTIONS = new ConcurrentHashMap<>();

  private SystemCalls() {}

  /** All arguments go as 64 bits, which the calling conventions of our machines allow. */
  private static MethodHandle function(String name) {
    return FUNCTIONS.computeIfAbsent(
        name,
        key ->
            LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(key),
                FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG),
                Linker.Option.captureCallState("errno")));
  }

  private static long callLong(String name, long... arguments) {
    long[] a = Arrays.copyOf(arguments, 6);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = (long) function(name).invokeExact(state, a[0], a[1], a[2], a[3], a[4], a[5]);
      return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Of a function that returns an int only half of the register counts. */
  private static int call(String name, long... arguments) {
    long[] a = Arrays.copyOf(arguments, 6);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int) (long) function(name).invokeExact(state, a[0], a[1], a[2], a[3], a[4], a[5]);
      return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private interface WithPaths {
    long call(long[] addresses);
  }

  private static long with(WithPaths body, Object... paths) {
    try (Arena arena = Arena.ofConfined()) {
      long[] addresses =
          Arrays.stream(paths)
              .mapToLong(path -> arena.allocateFrom(path.toString()).address())
              .toArray();
      return body.call(addresses);
    }
  }

  static int open(Path path, int flags, int mode) {
    return (int) with(p -> call("open", p[0], flags, mode), path);
  }

  static int close(int fd) {
    return call("close", fd);
  }

  static long pwrite(int fd, byte[] bytes, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      return callLong("pwrite", fd, memory.address(), bytes.length, offset);
    }
  }

  /** At the end of a file that was opened with O_APPEND. */
  static long write(int fd, byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      return callLong("write", fd, memory.address(), bytes.length);
    }
  }

  /** What is there of so many bytes. */
  static byte[] pread(int fd, int bytes, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(1, bytes));
      long got = callLong("pread", fd, memory.address(), bytes, offset);
      if (got < 0) {
        throw new IllegalStateException("pread: error " + -got);
      }
      return memory.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  static int ftruncate(int fd, long size) {
    return call("ftruncate", fd, size);
  }

  static int truncate(Path path, long size) {
    return (int) with(p -> call("truncate", p[0], size), path);
  }

  static int fallocate(int fd, int mode, long offset, long bytes) {
    return call("fallocate", fd, mode, offset, bytes);
  }

  static long seek(int fd, long offset, int whence) {
    return callLong("lseek", fd, offset, whence);
  }

  static long copyFileRange(int from, long fromOffset, int to, long toOffset, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      long in = arena.allocateFrom(LONG, fromOffset).address();
      long out = arena.allocateFrom(LONG, toOffset).address();
      return callLong("copy_file_range", from, in, to, out, bytes, 0);
    }
  }

  static int fsync(int fd) {
    return call("fsync", fd);
  }

  static int fdatasync(int fd) {
    return call("fdatasync", fd);
  }

  static int syncfs(int fd) {
    return call("syncfs", fd);
  }

  static int rename(Path from, Path to, int flags) {
    return (int) with(p -> call("renameat2", AT_FDCWD, p[0], AT_FDCWD, p[1], flags), from, to);
  }

  static int link(Path from, Path to) {
    return (int) with(p -> call("link", p[0], p[1]), from, to);
  }

  static int symlink(String target, Path path) {
    return (int) with(p -> call("symlink", p[0], p[1]), target, path);
  }

  static int unlink(Path path) {
    return (int) with(p -> call("unlink", p[0]), path);
  }

  static int makeDirectory(Path path, int mode) {
    return (int) with(p -> call("mkdir", p[0], mode), path);
  }

  static int removeDirectory(Path path) {
    return (int) with(p -> call("rmdir", p[0]), path);
  }

  static int chmod(Path path, int mode) {
    return (int) with(p -> call("chmod", p[0], mode), path);
  }

  static int fchmod(int fd, int mode) {
    return call("fchmod", fd, mode);
  }

  static int utime(Path path, long modifiedSeconds, long modifiedNanos) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment times =
          arena.allocateFrom(LONG, modifiedSeconds, modifiedNanos, modifiedSeconds, modifiedNanos);
      return (int) with(p -> call("utimensat", AT_FDCWD, p[0], times.address(), 0), path);
    }
  }

  static int setExtendedAttribute(Path path, String name, String value) {
    return (int)
        with(p -> call("setxattr", p[0], p[1], p[2], value.length(), 0), path, name, value);
  }

  static long listExtendedAttributes(Path path) {
    return with(p -> callLong("listxattr", p[0], 0, 0), path);
  }

  /** What file systems agree on of an open file. */
  static String stat(int fd) {
    try {
      Map<String, Object> found =
          Files.readAttributes(
              Path.of("/proc/self/fd/" + fd), "unix:mode,nlink,size,lastModifiedTime");
      return "mode %s, %s links, %s bytes"
          .formatted(found.get("mode"), found.get("nlink"), found.get("size"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a command printed, with its errors. */
  static String shell(String script, Path directory) throws IOException {
    Process process =
        new ProcessBuilder(List.of("sh", "-euc", script))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    int status = process.onExit().join().exitValue();
    if (status != 0) {
      throw new IOException(script + " ended with " + status + ": " + output);
    }
    return output;
  }
}
