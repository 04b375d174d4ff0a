package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.branch.BranchModel.Entry;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Random operations on the files of branches and on their models side by side. */
final class FileSteps {

  private static final int PERMISSIONS = 0600;
  private static final int MAX_BYTES = 60_000;
  private static final int MAX_UNSYNCED = 24;
  private static final int MAX_OPEN = 4;
  private static final int NO_REPLACE = 1;
  private static final int EXCHANGE = 2;
  private static final String[] NAMES = {"a", "b", "c", "d", "e"};

  /** A file that the kernel knows, with or without a name; null content once it is not compared. */
  private record Open(Branch branch, long id, FileModel model) {}

  private final Simulation simulation;
  private final Random random;

  /** Of its own, so that seeds go on to do what they did. */
  private final Random cloning;

  private final List<Open> open = new ArrayList<>();

  FileSteps(Simulation simulation) {
    this.simulation = simulation;
    this.random = simulation.random();
    this.cloning = simulation.cloning();
  }

  void step(Branch branch, BranchModel model) {
    if (simulation.clones() && cloning.nextInt(10) == 0) {
      clone(branch, model);
    }
    String path = path();
    switch (random.nextInt(24)) {
      case 0, 1, 2 -> create(branch, model, path, Node.REGULAR, "");
      case 3 -> create(branch, model, path, Node.DIRECTORY, "");
      case 4 -> create(branch, model, path, Node.SYMLINK, path());
      case 5 -> remove(branch, model, path);
      case 6, 7 -> rename(branch, model, path, path());
      case 8 -> link(branch, model, path, path());
      case 9 -> changeMode(branch, model, path);
      case 10, 11 -> resize(branch, model, path, offset());
      case 12 -> extend(branch, model, path, offset());
      case 13, 14 -> syncFile(branch, model, path);
      case 15 -> syncNames(branch, model);
      case 16 -> stepOpen(branch, model, path);
      case 17 -> clear(branch, model, path, offset(), 1 + random.nextInt(30_000));
      default -> write(branch, model, path, offset(), bytes());
    }
    limitUnsynced(branch, model, path);
  }

  private void limitUnsynced(Branch branch, BranchModel model, String path) {
    FileModel file = model.file(path);
    if (file != null && file.unsyncedVersions() > MAX_UNSYNCED) {
      syncFile(branch, model, path);
    }
    if (model.unsyncedStates() > MAX_UNSYNCED) {
      syncNames(branch, model);
    }
  }

  /** Often a boundary of pages. */
  private int offset() {
    int offset = random.nextInt(MAX_BYTES);
    return random.nextInt(3) == 0 ? offset & ~8191 : offset;
  }

  private byte[] bytes() {
    byte[] bytes = new byte[1 + random.nextInt(random.nextBoolean() ? 200 : 20_000)];
    random.nextBytes(bytes);
    return bytes;
  }

  private String path() {
    StringBuilder path = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
    for (int depth = random.nextInt(3); depth > 0; depth--) {
      path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
    }
    return path.toString();
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static long find(Branch branch, String path) {
    long at = FileTree.ROOT;
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty()) {
        at = at <= 0 ? at : branch.lookup(at, name);
      }
    }
    return at;
  }

  private void same(String what, boolean succeeded, boolean expected) {
    if (succeeded != expected) {
      throw new AssertionError(
          "%s: %s %s".formatted(simulation, what, succeeded ? "succeeded" : "failed"));
    }
  }

  private static boolean isDirectory(SortedMap<String, Entry> entries, String path) {
    Entry entry = entries.get(path);
    return path.isEmpty() || (entry != null && entry.isDirectory());
  }

  private static boolean hasChildren(SortedMap<String, Entry> entries, String path) {
    return entries.keySet().stream().anyMatch(other -> other.startsWith(path + "/"));
  }

  private void create(Branch branch, BranchModel model, String path, int type, String target) {
    TreeMap<String, Entry> next = new TreeMap<>(model.entries());
    boolean expected = !next.containsKey(path) && isDirectory(next, parent(path));
    if (expected) {
      FileModel file = type == Node.REGULAR ? new FileModel(new byte[0], model.nextState()) : null;
      next.put(path, new Entry(file, target, PERMISSIONS));
      model.attempt(next);
    }
    var _ = settle("create " + path, made(branch, path, type, target), expected, branch, model);
  }

  /** The mount tells failures of the store as it tells those of files. */
  private static long made(Branch branch, String path, int type, String target) {
    try {
      return branch.create(find(branch, parent(path)), name(path), type | PERMISSIONS, target);
    } catch (StorageException e) {
      return e.failure() == StorageFailure.DISK_FULL ? -Errno.ENOSPC : -Errno.EIO;
    }
  }

  /**
   * Compares how a call ended with how it should have; false if the disk prevented it, and then it
   * must not have changed anything.
   */
  private boolean settle(
      String what, long result, boolean expected, Branch branch, BranchModel model) {
    if (simulation.refused(result)) {
      model.refuse();
      String problem = model.difference(FoundFiles.of(branch));
      same(what + " was refused: " + problem, problem.isEmpty(), true);
      return false;
    }
    same(what, result >= 0, expected);
    if (expected) {
      model.acknowledge();
    }
    return true;
  }

  private void remove(Branch branch, BranchModel model, String path) {
    TreeMap<String, Entry> next = new TreeMap<>(model.entries());
    boolean directory = isDirectory(next, path);
    boolean expected = next.containsKey(path) && !hasChildren(next, path);
    if (expected) {
      next.remove(path);
      model.attempt(next);
    }
    long parent = find(branch, parent(path));
    int result =
        directory ? branch.removeDirectory(parent, name(path)) : branch.unlink(parent, name(path));
    var _ = settle("remove " + path, result, expected, branch, model);
  }

  private void rename(Branch branch, BranchModel model, String from, String to) {
    if ((to + "/").startsWith(from + "/") || (from + "/").startsWith(to + "/")) {
      return;
    }
    int flags = random.nextInt(3);
    TreeMap<String, Entry> next = new TreeMap<>(model.entries());
    boolean expected = mayMove(next, from, to, flags);
    boolean sameFile = isSameFile(next.get(from), next.get(to));
    FileModel moved = model.file(from);
    long namedAt = moved == null ? 0 : moved.namedAt();
    if (expected && !sameFile) {
      move(next, from, to, (flags & EXCHANGE) != 0, model.nextState());
      model.attempt(next);
    }
    int result =
        branch.rename(
            find(branch, parent(from)), name(from), find(branch, parent(to)), name(to), flags);
    String what = "rename " + from + " to " + to + " flags " + flags;
    if (expected && sameFile) {
      same(what, result == 0, true);
    } else if (!settle(what, result, expected, branch, model) && moved != null) {
      moved.namedAt(namedAt);
    }
  }

  private static boolean isSameFile(@Nullable Entry one, @Nullable Entry other) {
    return one != null && other != null && one.file() != null && one.file().equals(other.file());
  }

  private static boolean mayMove(
      SortedMap<String, Entry> entries, String from, String to, int flags) {
    if (!entries.containsKey(from) || !isDirectory(entries, parent(to))) {
      return false;
    }
    if (!entries.containsKey(to)) {
      return (flags & EXCHANGE) == 0;
    }
    if ((flags & NO_REPLACE) != 0) {
      return false;
    }
    return (flags & EXCHANGE) != 0
        || isSameFile(entries.get(from), entries.get(to))
        || (isDirectory(entries, from) == isDirectory(entries, to) && !hasChildren(entries, to));
  }

  private static void move(
      SortedMap<String, Entry> entries, String from, String to, boolean exchange, long state) {
    SortedMap<String, Entry> moved = take(entries, from);
    SortedMap<String, Entry> replaced = take(entries, to);
    moved.forEach((path, entry) -> entries.put(to + path, entry));
    if (exchange) {
      replaced.forEach((path, entry) -> entries.put(from + path, entry));
    }
    FileModel file = requireNonNull(moved.get("")).file();
    if (file != null) {
      file.namedAt(state);
    }
  }

  /** Removes a path with all below it; the keys are what follows the path. */
  private static SortedMap<String, Entry> take(SortedMap<String, Entry> entries, String path) {
    TreeMap<String, Entry> taken = new TreeMap<>();
    for (String other : List.copyOf(entries.keySet())) {
      if ((other + "/").startsWith(path + "/")) {
        taken.put(other.substring(path.length()), requireNonNull(entries.remove(other)));
      }
    }
    return taken;
  }

  private void link(Branch branch, BranchModel model, String from, String to) {
    TreeMap<String, Entry> next = new TreeMap<>(model.entries());
    FileModel file = model.file(from);
    if (file == null) {
      return;
    }
    boolean expected = !next.containsKey(to) && isDirectory(next, parent(to));
    long namedAt = file.namedAt();
    if (expected) {
      Entry old = requireNonNull(next.get(from));
      next.put(to, new Entry(file, "", old.permissions()));
      file.namedAt(model.nextState());
      model.attempt(next);
    }
    int result = branch.link(find(branch, from), find(branch, parent(to)), name(to));
    if (!settle("link " + from + " as " + to, result, expected, branch, model)) {
      file.namedAt(namedAt);
    }
  }

  private void changeMode(Branch branch, BranchModel model, String path) {
    Entry old = model.entries().get(path);
    if (old == null) {
      return;
    }
    int permissions = random.nextInt(01000);
    TreeMap<String, Entry> next = new TreeMap<>(model.entries());
    next.replaceAll((other, entry) ->
        other.equals(path) || isSameFile(entry, old)
            ? new Entry(entry.file(), entry.target(), permissions)
            : entry);
    model.attempt(next);
    int result = branch.setAttributes(find(branch, path), permissions, -1);
    var _ = settle("change the mode of " + path, result, true, branch, model);
  }

  private @Nullable LiveFile file(Branch branch, String path) {
    long id = find(branch, path);
    return id <= 0 ? null : branch.file(id);
  }

  private static byte[] written(byte[] content, int offset, byte[] bytes) {
    byte[] larger = Arrays.copyOf(content, Math.max(content.length, offset + bytes.length));
    System.arraycopy(bytes, 0, larger, offset, bytes.length);
    return larger;
  }

  private void write(Branch branch, BranchModel model, String path, int offset, byte[] bytes) {
    FileModel file = model.file(path);
    LiveFile live = file(branch, path);
    same("find " + path, live != null, file != null);
    if (file != null && live != null) {
      write(branch, live, file, offset, bytes);
    }
  }

  private void write(Branch branch, LiveFile live, FileModel file, int offset, byte[] bytes) {
    file.attempt(written(file.content(), offset, bytes));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      settle(
          "write", branch.write(live, source, 0, bytes.length, offset, scratch(arena)), live, file);
    }
  }

  private static MemorySegment scratch(Arena arena) {
    return arena.allocate(8192);
  }

  /** The same for a change of a file's content. */
  private void settle(String what, int result, LiveFile live, FileModel file) {
    if (simulation.refused(result)) {
      byte[] found = FoundFiles.content(live);
      String problem = file.problem(found, false);
      same(what + " was refused: " + problem, problem == null, true);
      file.found(found);
    } else {
      same(what + " with " + result, result >= 0, true);
      file.acknowledge();
    }
  }

  private void resize(Branch branch, BranchModel model, String path, int size) {
    FileModel file = model.file(path);
    LiveFile live = file(branch, path);
    if (file == null || live == null) {
      return;
    }
    file.attempt(Arrays.copyOf(file.content(), size));
    try (Arena arena = Arena.ofConfined()) {
      settle("resize", branch.resize(live, size, scratch(arena)), live, file);
    }
  }

  private void extend(Branch branch, BranchModel model, String path, int size) {
    FileModel file = model.file(path);
    LiveFile live = file(branch, path);
    if (file == null || live == null) {
      return;
    }
    boolean keepSize = random.nextBoolean();
    int newSize = keepSize ? file.content().length : Math.max(size + 1, file.content().length);
    file.attempt(Arrays.copyOf(file.content(), newSize));
    allocate(branch, live, file, keepSize ? Posix.FALLOC_FL_KEEP_SIZE : 0, 0, size + 1);
  }

  private void clear(Branch branch, BranchModel model, String path, int offset, int bytes) {
    FileModel file = model.file(path);
    LiveFile live = file(branch, path);
    if (file == null || live == null) {
      return;
    }
    byte[] next = file.content().clone();
    Arrays.fill(
        next, Math.min(offset, next.length), Math.min(offset + bytes, next.length), (byte) 0);
    file.attempt(next);
    int hole = random.nextBoolean() ? Posix.FALLOC_FL_PUNCH_HOLE : Posix.FALLOC_FL_ZERO_RANGE;
    allocate(branch, live, file, hole | Posix.FALLOC_FL_KEEP_SIZE, offset, bytes);
  }

  private void allocate(
      Branch branch, LiveFile live, FileModel file, int mode, long offset, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      int result = branch.allocate(live, mode, offset, bytes, scratch(arena));
      settle("allocate in mode " + mode, result, live, file);
    }
  }

  /** Gives a file what another one has, from a page on. */
  private void clone(Branch branch, BranchModel model) {
    List<String> files =
        model.entries().entrySet().stream()
            .filter(entry -> entry.getValue().file() != null)
            .map(Map.Entry::getKey)
            .toList();
    if (files.isEmpty()) {
      return;
    }
    String from = files.get(cloning.nextInt(files.size()));
    String to = files.get(cloning.nextInt(files.size()));
    FileModel source = requireNonNull(model.file(from));
    FileModel target = requireNonNull(model.file(to));
    LiveFile liveSource = requireNonNull(file(branch, from));
    LiveFile liveTarget = requireNonNull(file(branch, to));
    int offset = cloning.nextBoolean() ? 0 : cloning.nextInt(MAX_BYTES) & ~8191;
    int bytes = cloning.nextBoolean() ? MAX_BYTES * 2 : 1 + cloning.nextInt(MAX_BYTES);
    byte[] before = target.content();
    if (!source.equals(target)) {
      source.attemptToClone(target, offset, bytes);
    }
    try (Arena arena = Arena.ofConfined()) {
      int result = branch.share(liveSource, liveTarget, offset, bytes, scratch(arena));
      if (result == -Errno.EXDEV) {
        target.found(before);
      } else if (result < 0) {
        settle("clone " + from + " as " + to, result, liveTarget, target);
      } else {
        settleClone(liveTarget, target, source.copiedTo(before, offset, result));
      }
    }
    limitUnsynced(branch, model, to);
  }

  /** What failed behind the bytes that were cloned may have left something there. */
  private void settleClone(LiveFile live, FileModel file, byte[] expected) {
    byte[] found = FoundFiles.content(live);
    if (!Arrays.equals(found, expected)) {
      String problem = file.problem(found, false);
      same("clone: " + problem, problem == null && simulation.refusedLately(), true);
    }
    file.found(found);
  }

  private void syncFile(Branch branch, BranchModel model, String path) {
    FileModel file = model.file(path);
    if (file != null && synced("sync " + path, branch.sync(find(branch, path)))) {
      file.synced();
      model.syncedUpTo(file.namedAt());
    }
  }

  private void syncNames(Branch branch, BranchModel model) {
    if (synced("sync names", branch.syncNames())) {
      model.namesSynced();
    }
  }

  private boolean synced(String what, int result) {
    boolean refused = simulation.refused(result);
    same(what, refused || result == 0, true);
    return !refused;
  }

  /** Opens a file, writes to one that is open, or closes one and compares what is left of it. */
  private void stepOpen(Branch branch, BranchModel model, String path) {
    FileModel file = model.file(path);
    if (file != null && open.size() < MAX_OPEN) {
      long id = find(branch, path);
      branch.remember(id);
      open.add(new Open(branch, id, file));
      return;
    }
    if (open.isEmpty()) {
      return;
    }
    Open one = open.get(random.nextInt(open.size()));
    LiveFile live = one.branch().file(one.id());
    if (live == null || !Arrays.equals(FoundFiles.content(live), one.model().content())) {
      throw new AssertionError(simulation + ": open file " + one.id() + " has other content");
    }
    if (random.nextBoolean()) {
      write(one.branch(), live, one.model(), offset(), bytes());
      boolean synced = synced("sync an open file", one.branch().sync(one.id()));
      if (synced && one.model().unsyncedVersions() > MAX_UNSYNCED) {
        one.model().synced();
      }
    } else {
      open.remove(one);
      one.branch().forget(one.id(), 1);
    }
  }

  /** The files of a branch that goes away are closed. */
  void forgetAll(Branch branch) {
    open.removeIf(one -> one.branch().equals(branch));
  }
}
