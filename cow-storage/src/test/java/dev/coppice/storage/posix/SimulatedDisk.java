package dev.coppice.storage.posix;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that knows what is durable. At an operation chosen in advance the program or the
 * machine stops, or the disk refuses. Everything random comes from one seed. Not thread-safe.
 */
public final class SimulatedDisk implements Disk {

  private static final long NEVER = Long.MAX_VALUE;
  private static final int BLOCK_BYTES = 4096;

  private final Random random;
  private final SimulatedDirectory root = new SimulatedDirectory();
  private final Map<Integer, SimulatedFile> open = new HashMap<>();
  private int nextFd = 1000;
  private long operations;
  private long stopAt = NEVER;
  private boolean stopped;
  private long failFrom = NEVER;
  private long failUntil = NEVER;
  private int failure;
  private int askedAhead;
  private long refusals;
  private long reads;

  public SimulatedDisk(long seed) {
    this.random = new Random(seed);
  }

  /** How often a range was asked for ahead of reading it. */
  public int askedAhead() {
    return askedAhead;
  }

  @Override
  public void willNeed(int fd, long offset, long bytes) {
    askedAhead++;
  }

  /** How many operations that change something there have been. */
  public long operations() {
    return operations;
  }

  /** Stops in the midst of the operation of that number, counted from 0. */
  public void stopAt(long operation) {
    stopAt = operation;
  }

  /** Refuses operations of these numbers; with {@code ENOSPC} only those that take space. */
  public void failBetween(long from, long until, int errno) {
    failFrom = from;
    failUntil = until;
    failure = errno;
  }

  /** The operation from which on nothing is refused any more. */
  public long failingUntil() {
    return failFrom == NEVER ? 0 : failUntil;
  }

  /** How many operations were refused. */
  public long refusals() {
    return refusals;
  }

  /** The same disk in the hands of the next program: whatever was written is there. */
  public void restartProgram() {
    open.clear();
    stopped = false;
    stopAt = NEVER;
    failFrom = NEVER;
    root.forgetRefusals();
  }

  /** The same disk after the machine went down: what was not synced may be lost or damaged. */
  public void losePower() {
    restartProgram();
    root.losePower(random);
  }

  /** Damages one bit of a file, whether it is synced or not. */
  public void flip(Path path, int bit) {
    requireFile(path).flip(bit);
  }

  public byte[] content(Path path) {
    return requireFile(path).bytes().clone();
  }

  private SimulatedFile requireFile(Path path) {
    if (find(path) instanceof SimulatedFile file) {
      return file;
    }
    throw new IllegalStateException("no file " + path);
  }

  /** Counts an operation; 0 or a negated errno to answer. */
  private int begin(String what, Object on) {
    return begin(what, on, false);
  }

  private int begin(String what, Object on, boolean takesSpace) {
    if (stopped) {
      throw new SimulatedCrash(what + " " + on);
    }
    long number = operations++;
    boolean failing = number >= failFrom && number < failUntil;
    if (!failing || (failure == Errno.ENOSPC && !takesSpace)) {
      return 0;
    }
    refusals++;
    return -failure;
  }

  /** The operation may have happened in part; the process does not live to see it. */
  private void stopIfDue(String what, Object on) {
    if (operations > stopAt) {
      stopped = true;
      throw new SimulatedCrash(what + " " + on);
    }
  }

  /** Half of the operations at which the process stops have not happened at all. */
  private void stopBeforeIfDue(String what, Object on) {
    if (operations > stopAt && random.nextBoolean()) {
      stopIfDue(what, on);
    }
  }

  private @Nullable Object find(Path path) {
    Object at = root;
    for (Path name : path) {
      at = at instanceof SimulatedDirectory directory ? directory.get(name.toString()) : null;
    }
    return at;
  }

  private @Nullable SimulatedDirectory directory(@Nullable Path path) {
    if (path == null) {
      return root;
    }
    return find(path) instanceof SimulatedDirectory directory ? directory : null;
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  @Override
  public int open(Path path, int flags) {
    reads++;
    SimulatedDirectory parent = directory(path.getParent());
    Object found = find(path);
    if (parent == null || (found == null && (flags & Posix.O_CREAT) == 0)) {
      return -Errno.ENOENT;
    }
    if (found instanceof SimulatedDirectory) {
      return -Errno.EISDIR;
    }
    SimulatedFile file = found instanceof SimulatedFile known ? known : new SimulatedFile();
    if (found == null || (flags & Posix.O_TRUNC) != 0) {
      int refused = begin("create", path, true);
      if (refused < 0) {
        return refused;
      }
      stopBeforeIfDue("create", path);
      if (found == null) {
        parent.add(name(path), file);
      } else {
        file.truncate(0);
      }
      stopIfDue("create", path);
    }
    open.put(nextFd, file);
    return nextFd++;
  }

  @Override
  public int close(int fd) {
    return open.remove(fd) == null ? -Errno.EBADF : 0;
  }

  private SimulatedFile file(int fd) {
    SimulatedFile file = open.get(fd);
    if (stopped) {
      throw new SimulatedCrash("use of a file");
    }
    if (file == null) {
      throw new IllegalStateException("descriptor " + fd + " is not open");
    }
    return file;
  }

  @SuppressWarnings("restricted")
  private static MemorySegment memory(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** How often files were opened or read. */
  public long reads() {
    return reads;
  }

  @Override
  public long pread(int fd, long address, long bytes, long offset) {
    reads++;
    SimulatedFile file = file(fd);
    int got = (int) Math.max(0, Math.min(bytes, file.size() - offset));
    if (got > 0) {
      MemorySegment.copy(
          file.bytes(), (int) offset, memory(address, got), ValueLayout.JAVA_BYTE, 0, got);
    }
    return got;
  }

  @Override
  public long pwrite(int fd, long address, long bytes, long offset) {
    SimulatedFile file = file(fd);
    int refused = begin("write", fd, true);
    byte[] content = memory(address, bytes).toArray(ValueLayout.JAVA_BYTE);
    if (refused < 0 || operations > stopAt) {
      int most = refused < 0 ? content.length : content.length + 1;
      content = Arrays.copyOf(content, random.nextInt(most));
    }
    if (content.length > 0) {
      file.write((int) offset, content);
    }
    stopIfDue("write", fd);
    return refused < 0 ? refused : bytes;
  }

  @Override
  public int fdatasync(int fd) {
    SimulatedFile file = file(fd);
    int refused = begin("sync", fd);
    if (refused < 0) {
      file.refuseSync();
      return refused;
    }
    stopBeforeIfDue("sync", fd);
    file.sync();
    stopIfDue("sync", fd);
    return 0;
  }

  @Override
  public int truncate(int fd, long size) {
    SimulatedFile file = file(fd);
    int refused = begin("truncate", fd);
    if (refused < 0) {
      return refused;
    }
    stopBeforeIfDue("truncate", fd);
    file.truncate((int) size);
    stopIfDue("truncate", fd);
    return 0;
  }

  @Override
  public int allocate(int fd, int mode, long offset, long bytes) {
    SimulatedFile file = file(fd);
    int refused = begin("allocate", fd, true);
    if (refused == 0 && (mode & Posix.FALLOC_FL_PUNCH_HOLE) != 0) {
      int end = (int) Math.min(file.size(), offset + bytes);
      if (end > offset) {
        file.write((int) offset, new byte[end - (int) offset]);
      }
    }
    stopIfDue("allocate", fd);
    return refused;
  }

  @Override
  public long size(int fd) {
    return file(fd).size();
  }

  @Override
  public long allocatedBytes(int fd) {
    long sum = 0;
    long data = nextData(fd, 0);
    while (data >= 0) {
      long hole = nextHole(fd, data);
      sum += hole - data;
      data = nextData(fd, hole);
    }
    return sum;
  }

  @Override
  public long nextData(int fd, long offset) {
    SimulatedFile file = file(fd);
    for (long at = offset; at < file.size(); at = (at / BLOCK_BYTES + 1) * BLOCK_BYTES) {
      if (!file.isHole((int) at, BLOCK_BYTES)) {
        return at;
      }
    }
    return -Errno.ENXIO;
  }

  @Override
  public long nextHole(int fd, long offset) {
    SimulatedFile file = file(fd);
    for (long at = offset; at < file.size(); at = (at / BLOCK_BYTES + 1) * BLOCK_BYTES) {
      if (file.isHole((int) at, BLOCK_BYTES)) {
        return at;
      }
    }
    return file.size();
  }

  @Override
  public boolean exists(Path path) {
    return find(path) != null;
  }

  @Override
  public boolean isDirectory(Path path) {
    return directory(path) != null;
  }

  @Override
  public List<String> list(Path path) {
    SimulatedDirectory directory = directory(path);
    return directory == null ? List.of() : List.copyOf(directory.entries().keySet());
  }

  @Override
  public int rename(Path from, Path to) {
    SimulatedDirectory source = directory(from.getParent());
    if (source == null || !source.equals(directory(to.getParent())) || find(from) == null) {
      return -Errno.ENOENT;
    }
    int refused = begin("rename", from, true);
    if (refused < 0) {
      return refused;
    }
    stopBeforeIfDue("rename", from);
    source.rename(name(from), name(to));
    stopIfDue("rename", from);
    return 0;
  }

  @Override
  public int unlink(Path path) {
    if (!(find(path) instanceof SimulatedFile)) {
      return -Errno.ENOENT;
    }
    return removeEntry(path);
  }

  @Override
  public int removeDirectory(Path path) {
    SimulatedDirectory directory = directory(path);
    if (directory == null || !directory.entries().isEmpty()) {
      return directory == null ? -Errno.ENOENT : -Errno.ENOTEMPTY;
    }
    return removeEntry(path);
  }

  private int removeEntry(Path path) {
    int refused = begin("remove", path);
    if (refused < 0) {
      return refused;
    }
    stopBeforeIfDue("remove", path);
    SimulatedDirectory parent = directory(path.getParent());
    if (parent != null) {
      parent.remove(name(path));
    }
    stopIfDue("remove", path);
    return 0;
  }

  @Override
  public int makeDirectory(Path path) {
    SimulatedDirectory parent = directory(path.getParent());
    if (parent == null || find(path) != null) {
      return parent == null ? -Errno.ENOENT : -Errno.EEXIST;
    }
    int refused = begin("make", path, true);
    if (refused < 0) {
      return refused;
    }
    stopBeforeIfDue("make", path);
    parent.add(name(path), new SimulatedDirectory());
    stopIfDue("make", path);
    return 0;
  }

  @Override
  public int syncDirectory(Path path) {
    SimulatedDirectory directory = directory(path);
    if (directory == null) {
      return -Errno.ENOENT;
    }
    int refused = begin("sync", path);
    if (refused < 0) {
      return refused;
    }
    stopBeforeIfDue("sync", path);
    directory.sync();
    stopIfDue("sync", path);
    return 0;
  }
}
