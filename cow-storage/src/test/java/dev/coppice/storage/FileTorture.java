package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Random system calls on a plain directory and on the mount, side by side: each must return the
 * same on both, errors included, and leave the same files.
 */
final class FileTorture implements AutoCloseable {

  private static final int MAX_OPEN = 6;
  private static final int MAX_BYTES = 150_000;
  private static final String[] NAMES = {"a", "b", "c", "d", "e"};
  private static final int[] ALLOCATE_MODES = {
    0,
    Posix.FALLOC_FL_KEEP_SIZE,
    Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE,
    Posix.FALLOC_FL_ZERO_RANGE,
    Posix.FALLOC_FL_ZERO_RANGE | Posix.FALLOC_FL_KEEP_SIZE
  };

  /** The same file in both places. */
  private record OpenFile(int plain, int mounted) {}

  private final long seed;
  private final Random random;
  private final Path plain;
  private Path mounted;
  private final List<OpenFile> open = new ArrayList<>();
  private int steps;

  FileTorture(long seed, Path plain, Path mounted) {
    this.seed = seed;
    this.random = new Random(seed);
    this.plain = plain;
    this.mounted = mounted;
  }

  Random random() {
    return random;
  }

  /** Closes all files that are open. */
  void leave() {
    open.forEach(this::close);
    open.clear();
  }

  /** Goes on in another directory that holds the same. */
  void moveTo(Path newlyMounted) {
    leave();
    mounted = newlyMounted;
  }

  void run(int number) {
    for (int i = 0; i < number; i++) {
      steps++;
      if (random.nextBoolean() || open.isEmpty()) {
        changeNames();
      } else {
        changeContent(open.get(random.nextInt(open.size())));
      }
    }
  }

  private void same(String what, long actual, long expected) {
    assertThat(actual).as("seed %d step %d: %s", seed, steps, what).isEqualTo(expected);
  }

  private void onBoth(String what, String path, ToLongFunction<Path> call) {
    long expected = call.applyAsLong(plain.resolve(path));
    same(what + " " + path, call.applyAsLong(mounted.resolve(path)), expected);
  }

  private interface OnTwoPaths {
    long call(Path from, Path to);
  }

  private void onBoth(String what, String from, String to, OnTwoPaths call) {
    long expected = call.call(plain.resolve(from), plain.resolve(to));
    long actual = call.call(mounted.resolve(from), mounted.resolve(to));
    same(what + " " + from + " " + to, actual, expected);
  }

  private void changeNames() {
    String path = path();
    int mode = 0600 | random.nextInt(0100);
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4 -> openFile(path);
      case 5, 6 -> onBoth("mkdir", path, at -> SystemCalls.makeDirectory(at, 0700));
      case 7 -> onBoth("unlink", path, SystemCalls::unlink);
      case 8 -> onBoth("rmdir", path, SystemCalls::removeDirectory);
      case 9 -> onBoth("link", path, path(), SystemCalls::link);
      case 10, 11 -> {
        int flags = random.nextInt(3) == 0 ? random.nextInt(4) : 0;
        onBoth("rename " + flags, path, path(), (a, b) -> SystemCalls.rename(a, b, flags));
      }
      case 12 -> onBoth("symlink", path, at -> SystemCalls.symlink(NAMES[mode % 5], at));
      case 13 -> onBoth("chmod", path, at -> SystemCalls.chmod(at, mode));
      case 14 -> {
        long size = offset();
        onBoth("truncate to " + size, path, at -> SystemCalls.truncate(at, size));
      }
      default -> {
        long seconds = random.nextInt(2_000_000_000);
        onBoth("utimensat", path, at -> SystemCalls.utime(at, seconds, 5));
        onBoth("mtime", path, FileTorture::modified);
      }
    }
  }

  private static long modified(Path path) {
    try {
      return Files.getLastModifiedTime(path).toMillis();
    } catch (IOException e) {
      return -1;
    }
  }

  private void openFile(String path) {
    int flags =
        SystemCalls.O_RDWR
            | (random.nextInt(4) > 0 ? SystemCalls.O_CREAT : 0)
            | (random.nextInt(5) == 0 ? SystemCalls.O_EXCL : 0)
            | (random.nextInt(8) == 0 ? SystemCalls.O_TRUNC : 0)
            | (random.nextInt(6) == 0 ? SystemCalls.O_APPEND : 0);
    int expected = SystemCalls.open(plain.resolve(path), flags, 0640);
    int actual = SystemCalls.open(mounted.resolve(path), flags, 0640);
    if (expected >= 0 && actual >= 0) {
      open.add(new OpenFile(expected, actual));
    }
    same("open " + path + " with " + flags, Math.min(actual, 0), Math.min(expected, 0));
    if (open.size() > MAX_OPEN) {
      close(open.remove(random.nextInt(open.size())));
    }
  }

  private void close(OpenFile file) {
    same("close", SystemCalls.close(file.mounted()), SystemCalls.close(file.plain()));
  }

  private void onBoth(String what, OpenFile file, ToLongFunction<Integer> call) {
    long expected = call.applyAsLong(file.plain());
    same(what, call.applyAsLong(file.mounted()), expected);
  }

  private void changeContent(OpenFile file) {
    long offset = offset();
    byte[] bytes = new byte[1 + random.nextInt(random.nextBoolean() ? 200 : 30_000)];
    random.nextBytes(bytes);
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> onBoth("pwrite", file, fd -> SystemCalls.pwrite(fd, bytes, offset));
      case 3 -> onBoth("write", file, fd -> SystemCalls.write(fd, bytes));
      case 4 -> onBoth("ftruncate", file, fd -> SystemCalls.ftruncate(fd, offset));
      case 5, 6, 7 -> {
        int mode = ALLOCATE_MODES[random.nextInt(ALLOCATE_MODES.length)];
        String what = "fallocate mode %d at %d, %d".formatted(mode, offset, bytes.length);
        onBoth(what, file, fd -> SystemCalls.fallocate(fd, mode, offset, bytes.length));
      }
      case 8 -> copyRange(file, open.get(random.nextInt(open.size())), offset, bytes.length);
      case 9 -> onBoth("fchmod", file, fd -> SystemCalls.fchmod(fd, 0600 | bytes.length % 64));
      case 10 ->
          onBoth("fsync", file, fd -> SystemCalls.fsync(fd) + SystemCalls.fdatasync(fd) + 0L);
      default -> compareOpen(file);
    }
  }

  /** Whole pages at the same offset half of the time; what is not copied at once is asked again. */
  private void copyRange(OpenFile from, OpenFile to, long offset, int bytes) {
    boolean aligned = random.nextBoolean();
    long fromOffset = aligned ? offset & ~8191 : offset;
    long toOffset = aligned ? fromOffset : offset();
    long length = aligned ? bytes + 8191 & ~8191 : bytes;
    long expected = copyAll(from.plain(), fromOffset, to.plain(), toOffset, length);
    long actual = copyAll(from.mounted(), fromOffset, to.mounted(), toOffset, length);
    same("copy_file_range %d %d %d".formatted(fromOffset, toOffset, length), actual, expected);
    compareOpen(to);
  }

  private static long copyAll(int from, long fromOffset, int to, long toOffset, long bytes) {
    long done = 0;
    while (done < bytes) {
      long result =
          SystemCalls.copyFileRange(from, fromOffset + done, to, toOffset + done, bytes - done);
      if (result <= 0) {
        return result < 0 ? result : done;
      }
      done += result;
    }
    return done;
  }

  private void compareOpen(OpenFile file) {
    String place = "seed %d step %d".formatted(seed, steps);
    assertThat(SystemCalls.stat(file.mounted()))
        .as(place)
        .isEqualTo(SystemCalls.stat(file.plain()));
    byte[] expected = SystemCalls.pread(file.plain(), 2 * MAX_BYTES, 0);
    byte[] actual = SystemCalls.pread(file.mounted(), 2 * MAX_BYTES, 0);
    assertThat(Arrays.mismatch(actual, expected)).as(place + ": first difference").isEqualTo(-1);
    requireHolesAreZeros(file.mounted(), actual, place);
  }

  private static void requireHolesAreZeros(int fd, byte[] content, String place) {
    long position = SystemCalls.seek(fd, 0, SystemCalls.SEEK_CUR);
    long at = 0;
    while (at < content.length) {
      long data = SystemCalls.seek(fd, at, SystemCalls.SEEK_DATA);
      long holeEnd = data < 0 ? content.length : data;
      for (int i = (int) at; i < holeEnd; i++) {
        assertThat(content[i]).as("%s: byte %d of a hole", place, i).isZero();
      }
      at = data < 0 ? content.length : SystemCalls.seek(fd, data, SystemCalls.SEEK_HOLE);
      assertThat(at).as("%s: hole behind %d", place, data).isGreaterThan(holeEnd - 1);
    }
    SystemCalls.seek(fd, position, SystemCalls.SEEK_SET);
  }

  /** Often a boundary of pages. */
  private long offset() {
    int offset = random.nextInt(MAX_BYTES);
    return random.nextInt(3) == 0 ? offset & ~8191 : offset;
  }

  private String path() {
    if (random.nextInt(100) == 0) {
      return "n".repeat(254 + random.nextInt(4));
    }
    StringBuilder path = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
    for (int depth = random.nextInt(3); depth > 0; depth--) {
      path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
    }
    return path.toString();
  }

  /** All files below a directory, with what both places must agree on. */
  static Map<String, String> tree(Path root) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(p -> !p.equals(root)).toList()) {
        found.put(root.relativize(path).toString(), describe(path));
      }
    }
    return found;
  }

  private static String describe(Path path) throws IOException {
    if (Files.isSymbolicLink(path)) {
      return "-> " + Files.readSymbolicLink(path);
    }
    Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if (Files.isDirectory(path)) {
      return "directory " + mode;
    }
    byte[] content = Files.readAllBytes(path);
    Object links = Files.getAttribute(path, "unix:nlink");
    return "%s, %s links, %d bytes, %d".formatted(mode, links, content.length, hash(content));
  }

  private static int hash(byte[] content) {
    return Arrays.hashCode(content);
  }

  void compare() throws IOException {
    for (OpenFile file : open) {
      compareOpen(file);
      // A fork is promised to hold what was synced.
      onBoth("fsync", file, SystemCalls::fsync);
    }
    assertThat(tree(mounted)).as("seed %d step %d", seed, steps).isEqualTo(tree(plain));
  }

  @Override
  public void close() {
    leave();
  }
}
