package dev.coppice.storage.branch;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.FileSpace;
import dev.coppice.storage.FileView;
import dev.coppice.storage.LogDirectory;
import dev.coppice.storage.LogPart;
import dev.coppice.storage.StoreConfig;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Disk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The logs of branches that lie beside the layers as plain files. A log is detached from the moment
 * on at which its directory has its name, which is the branch's id; that comes before the files in
 * the branch are removed. Any thread may use it, one at a time on each branch.
 */
final class DetachedLogs {

  private static final String NEW = ".new";

  /** A longer log, as a child of a busy branch has one, waits for a start that is less urgent. */
  private static final long QUICKLY_COPIED_BYTES = 1 << 20;

  /** What a directory among the logs is. */
  enum Kind {
    IN_USE,
    /** Being made or removed. */
    IN_PASSING,
    UNKNOWN
  }

  private final StoreFiles files;
  private final Disk disk;
  private final @Nullable LogDirectory log;
  private final int uid;
  private final int gid;
  private final Set<BranchId> detached = ConcurrentHashMap.newKeySet();

  DetachedLogs(StoreFiles files, StoreConfig config) {
    this(files, config.log().orElse(null), config.ownerUid(), config.ownerGid());
  }

  private DetachedLogs(StoreFiles files, @Nullable LogDirectory log, int uid, int gid) {
    this.files = files;
    this.disk = files.disk();
    this.log = log;
    this.uid = uid;
    this.gid = gid;
  }

  /** Of a store that was opened without saying what a log is. */
  static DetachedLogs unknown(StoreFiles files) {
    return new DetachedLogs(files, null, 0, 0);
  }

  /** Takes over what was found on disk. */
  void load(Set<BranchId> branches) {
    Set<String> known = branches.stream().map(BranchId::toString).collect(Collectors.toSet());
    for (String name : disk.list(files.logs())) {
      if (!known.contains(name)) {
        remove(files.logs().resolve(name));
      }
    }
    for (BranchId branch : branches) {
      if (disk.isDirectory(place(branch))) {
        detached.add(branch);
      }
    }
  }

  private Path place(BranchId branch) {
    return files.logs().resolve(branch.toString());
  }

  boolean has(BranchId branch) {
    return detached.contains(branch);
  }

  Kind kind(String name, Set<BranchId> branches) {
    if (name.endsWith(NEW)) {
      return Kind.IN_PASSING;
    }
    for (BranchId branch : detached) {
      if (branch.toString().equals(name)) {
        return branches.contains(branch) ? Kind.IN_USE : Kind.IN_PASSING;
      }
    }
    return Kind.UNKNOWN;
  }

  private PlainFiles plain(Path root) {
    return new PlainFiles(disk, root, uid, gid);
  }

  /**
   * Empty if the store knows of no log, or the branch has none, or a long one, or is to have it in
   * itself: its bytes are counted there, and its syncs skipped.
   *
   * @param limited whether there is a quota on the branch
   */
  Optional<Path> detach(Branch branch, boolean limited) {
    LogDirectory directory = log;
    if (branch.relaxed() || limited) {
      return attach(branch);
    }
    if (directory == null) {
      return Optional.empty();
    }
    BranchFiles state = new BranchFiles(branch);
    if (!has(branch.id())) {
      if (!state.isDirectory(directory.name())) {
        return Optional.empty();
      }
      FileView inBranch = new BranchFiles(branch, directory.name());
      List<LogPart> needed = directory.needed(state, inBranch);
      if (needed.stream().mapToLong(LogPart::bytes).sum() > QUICKLY_COPIED_BYTES) {
        return Optional.empty();
      }
      copyOut(branch, inBranch, needed);
      detached.add(branch.id());
    }
    if (state.clear(directory.name())) {
      state.syncDirectory("");
    }
    return Optional.of(place(branch.id()));
  }

  private void copyOut(Branch branch, FileView inBranch, List<LogPart> needed) {
    Path place = place(branch.id());
    Path unnamed = place.resolveSibling(place.getFileName() + NEW);
    remove(unnamed);
    check("create", files.logs(), files.makeDirectories(files.logs()));
    PlainFiles target = plain(unnamed);
    target.makeDirectory("");
    LogCopy.of(inBranch, target, needed).sync();
    check("rename", unnamed, disk.rename(unnamed, place));
    check("sync", files.logs(), disk.syncDirectory(files.logs()));
    check("sync", files.directory(), disk.syncDirectory(files.directory()));
  }

  /** Puts a log back into its branch, where the engine is then to write it; always empty. */
  Optional<Path> attach(Branch branch) {
    LogDirectory directory = log;
    if (directory != null && has(branch.id())) {
      copyInto(branch, directory, branch.id()).sync();
      forget(branch.id());
    }
    return Optional.empty();
  }

  Optional<FileView> view(BranchId branch) {
    return has(branch) ? Optional.of(plain(place(branch))) : Optional.empty();
  }

  /**
   * Gives a new branch what it needs of the log that its parent has detached.
   *
   * @param child a fork of the parent, to which nothing is written meanwhile
   */
  Optional<LogCopy> carry(BranchId parent, Branch child) {
    LogDirectory directory = log;
    return directory == null || !has(parent)
        ? Optional.empty()
        : Optional.of(copyInto(child, directory, parent));
  }

  private LogCopy copyInto(Branch branch, LogDirectory directory, BranchId from) {
    BranchFiles state = new BranchFiles(branch);
    state.makeDirectory(directory.name());
    // What somebody has left who was killed between the two places.
    var _ = state.clear(directory.name());
    FileView plain = plain(place(from));
    List<LogPart> needed = directory.needed(state, plain);
    return LogCopy.of(plain, new BranchFiles(branch, directory.name()), needed);
  }

  /** Of a branch that nobody knows any more. */
  void forget(BranchId branch) {
    if (detached.remove(branch)) {
      remove(place(branch));
    }
  }

  private void remove(Path path) {
    if (disk.isDirectory(path)) {
      disk.list(path).forEach(name -> remove(path.resolve(name)));
      Deletions.warn(path, disk.removeDirectory(path));
    } else {
      Deletions.warn(path, disk.unlink(path));
    }
  }

  /** What a branch's detached log occupies. */
  long allocatedBytes(BranchId branch) {
    return ownFiles(branch).stream().mapToLong(FileSpace::ownBytes).sum();
  }

  /** The files of a branch's detached log. */
  List<FileSpace> ownFiles(BranchId branch) {
    List<FileSpace> found = new ArrayList<>();
    if (log != null && has(branch)) {
      addFiles(log.name(), place(branch), found);
    }
    return found;
  }

  private void addFiles(String path, Path at, List<FileSpace> found) {
    for (String name : disk.list(at)) {
      Path file = at.resolve(name);
      String named = path + "/" + name;
      if (disk.isDirectory(file)) {
        addFiles(named, file, found);
      } else {
        long size = plain(at).size(name);
        found.add(new FileSpace(0, List.of(named), files.fileBytes(file), size));
      }
    }
  }

  private static void check(String what, Path on, int result) {
    if (result < 0) {
      throw StoreFiles.failure(what, on, result);
    }
  }
}
