package dev.coppice.storage.branch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.FileSpace;
import dev.coppice.storage.FileView;
import dev.coppice.storage.LogDirectory;
import dev.coppice.storage.LogPart;
import dev.coppice.storage.Quota;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs beside the store: they come along with every state, and go with their branch. */
class DetachedLogsTest {

  private static final String SEGMENT = "log/one";

  @TempDir Path directory;

  /** Needs every file from the offset on that the file "from" of the state names. */
  private static final class WholeLog implements LogDirectory {

    @Override
    public String name() {
      return "log";
    }

    @Override
    public List<LogPart> needed(FileView state, FileView log) {
      long from = Long.parseLong(new String(state.read("from", 0, 20), UTF_8));
      List<LogPart> parts = new ArrayList<>();
      for (String name : log.names("")) {
        if (!log.isDirectory(name)) {
          parts.add(new LogPart(name, from, Math.max(1, log.size(name) - from)));
        }
      }
      return parts;
    }
  }

  private Path home() {
    return directory.resolve("store");
  }

  private BranchStore open() throws IOException {
    Files.createDirectories(home());
    return StoreOpening.open(
        new StoreConfig(
            home(),
            directory.resolve("mnt"),
            (Integer) Files.getAttribute(home(), "unix:uid"),
            (Integer) Files.getAttribute(home(), "unix:gid"),
            Optional.of(new WholeLog())));
  }

  private static BranchId branchWithLog(BranchStore store, String from, String content) {
    BranchId id = store.create();
    BranchFiles files = new BranchFiles(store.branch(id));
    put(files, "from", from);
    files.makeDirectory("log");
    files.makeDirectory("log/status");
    put(files, SEGMENT, content);
    return id;
  }

  private static void put(BranchFiles files, String file, String content) {
    files.create(file, content.length());
    files.write(file, 0, content.getBytes(UTF_8));
  }

  private static String content(BranchStore store, BranchId branch, String file) {
    return new BranchFiles(store.branch(branch))
        .start(file, 100)
        .map(bytes -> new String(bytes, UTF_8))
        .orElse("(none)");
  }

  private static Path detached(BranchStore store, BranchId branch) {
    return store.detachLog(branch).orElseThrow();
  }

  private Path logs() {
    return home().resolve("logs");
  }

  @Test
  void aDetachedLogLiesBesideTheStoreAndNotInIt() throws IOException {
    try (BranchStore store = open()) {
      BranchId branch = branchWithLog(store, "2", "abcdef");

      Path log = detached(store, branch);

      assertThat(log.resolve("one")).hasContent("\0\0cdef");
      assertThat(log.resolve("status")).isEmptyDirectory();
      assertThat(new BranchFiles(store.branch(branch)).names("log")).isEmpty();
      assertThat(store.detachLog(branch)).hasValue(log);
    }
  }

  @Test
  void everyStateTakesAlongWhatTheLogIsThen() throws IOException {
    try (BranchStore store = open()) {
      BranchId parent = branchWithLog(store, "0", "first");
      Path log = detached(store, parent);
      Files.writeString(log.resolve("one"), "second");
      Files.writeString(log.resolve("two"), "new");

      BranchId child = store.fork(parent, Set.of());
      SnapshotId snapshot = store.freeze(parent, Set.of());
      Files.writeString(log.resolve("one"), "third");
      BranchId later = store.fork(snapshot);

      for (BranchId copy : List.of(child, later)) {
        assertThat(content(store, copy, SEGMENT)).isEqualTo("second");
        assertThat(content(store, copy, "log/two")).isEqualTo("new");
        assertThat(new BranchFiles(store.branch(copy)).isDirectory("log/status")).isTrue();
      }
      assertThat(store.snapshots()).containsExactly(snapshot);
      assertThat(store.branches()).containsExactlyInAnyOrder(parent, child, later);
      assertThat(detached(store, later).resolve("one")).hasContent("second");
      assertThat(store.check().problems()).isEmpty();
    }
  }

  @Test
  void aLogIsFoundAgainAndWhatIsNobodysIsRemoved() throws IOException {
    BranchId branch;
    try (BranchStore store = open()) {
      branch = branchWithLog(store, "0", "kept");
      detached(store, branch);
    }
    Files.writeString(logs().resolve(branch.toString()).resolve("one"), "grown");
    Path strange = Files.createDirectories(logs().resolve("00000000-strange"));
    Files.writeString(strange.resolve("one"), "left behind");
    Path unfinished = Files.createDirectories(logs().resolve(branch + ".new"));

    try (BranchStore store = open()) {
      assertThat(strange).doesNotExist();
      assertThat(unfinished).doesNotExist();
      assertThat(detached(store, branch).resolve("one")).hasContent("grown");
      assertThat(content(store, store.fork(branch, Set.of()), SEGMENT)).isEqualTo("grown");
    }
  }

  /** The detached log counts from the moment at which it has its name. */
  @Test
  void aStopBetweenTheCopyAndTheRemovalIsMadeUpFor() throws IOException {
    BranchId branch;
    try (BranchStore store = open()) {
      branch = branchWithLog(store, "0", "old");
    }
    Path log = Files.createDirectories(logs().resolve(branch.toString()));
    Files.writeString(log.resolve("one"), "newer");
    try (BranchStore store = open()) {
      BranchId child = store.fork(branch, Set.of());

      assertThat(detached(store, branch).resolve("one")).hasContent("newer");
      assertThat(new BranchFiles(store.branch(branch)).names("log")).isEmpty();
      assertThat(content(store, child, SEGMENT)).isEqualTo("newer");
    }
  }

  @Test
  void aLongLogStaysUntilLessOfItIsNeeded() throws IOException {
    try (BranchStore store = open()) {
      String content = "x".repeat((1 << 20) + 1);
      BranchId branch = branchWithLog(store, "0", content);
      assertThat(store.detachLog(branch)).isEmpty();
      assertThat(new BranchFiles(store.branch(branch)).size(SEGMENT)).isEqualTo(content.length());

      new BranchFiles(store.branch(branch)).write("from", 0, "9".getBytes(UTF_8));
      assertThat(store.detachLog(branch)).isPresent();
    }
  }

  @Test
  void whoCannotUseADetachedLogGetsItBack() throws IOException {
    try (BranchStore store = open()) {
      BranchId branch = branchWithLog(store, "0", "old");
      Path log = detached(store, branch);
      Files.writeString(log.resolve("one"), "newer");

      store.limit(branch, Optional.of(new Quota(1 << 20, Set.of())));

      assertThat(store.detachLog(branch)).isEmpty();
      assertThat(content(store, branch, SEGMENT)).isEqualTo("newer");
      assertThat(log).doesNotExist();
    }
  }

  @Test
  void aForkWhoseLogCannotBeReadLeavesNothingBehind() throws IOException {
    try (BranchStore store = open()) {
      BranchId parent = branchWithLog(store, "0", "whole");
      Path log = detached(store, parent);
      Files.createSymbolicLink(log.resolve("loop"), Path.of("loop"));

      assertThatThrownBy(() -> store.fork(parent, Set.of()))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("loop");

      assertThat(store.branches()).containsExactly(parent);
      Files.delete(log.resolve("loop"));
      assertThat(content(store, store.fork(parent, Set.of()), SEGMENT)).isEqualTo("whole");
      assertThat(store.checkSpace().differences()).isEmpty();
    }
  }

  @Test
  void aLogCountsAsItsBranchsOwnAndGoesWithIt() throws IOException {
    try (BranchStore store = open()) {
      BranchId branch = branchWithLog(store, "0", "x".repeat(100));
      Path log = detached(store, branch);
      long before = store.space(branch).ownBytes();
      byte[] much = new byte[1 << 20];
      Arrays.fill(much, (byte) 7);
      Files.write(log.resolve("one"), much);

      assertThat(store.space(branch).ownBytes() - before).isGreaterThan(much.length - 9000);
      assertThat(store.ownFiles(branch))
          .filteredOn(file -> file.paths().contains(SEGMENT))
          .singleElement()
          .extracting(FileSpace::logicalBytes)
          .isEqualTo((long) much.length);
      assertThat(store.checkSpace().differences()).isEmpty();
      assertThat(store.checkSpace().logBytes()).isGreaterThanOrEqualTo(much.length);

      store.delete(branch);
      store.awaitBackground();
      assertThat(log).doesNotExist();
      assertThat(store.checkSpace().logBytes()).isZero();
    }
  }
}
