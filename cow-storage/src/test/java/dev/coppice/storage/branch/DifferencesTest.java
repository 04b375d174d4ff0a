package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.FileChange;
import dev.coppice.storage.FileScript;
import dev.coppice.storage.FileVersion;
import dev.coppice.storage.ModelFiles;
import dev.coppice.storage.PageRange;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.StateId;
import dev.coppice.storage.layer.Page;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the store says differs, against a comparison of every byte of every file. */
class DifferencesTest {

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void agreesWithAComparisonOfAllContent(long seed) {
    FileScript script = new FileScript(seed);
    try (BranchStore store = StoreOpening.open(directory.resolve("store"))) {
      List<StateId> states = new ArrayList<>();
      states.add(store.create());
      for (int step = 1; step <= 600; step++) {
        BranchId branch = anyBranch(script, states);
        script.step(new CoreFiles(store.branch(branch)), new ModelFiles(read(store, branch)));
        if (step % 40 == 0) {
          states.add(
              script.random().nextBoolean()
                  ? store.freeze(branch, Set.of())
                  : store.fork(branch, Set.of()));
        }
        if (step % 15 == 0) {
          compare(
              "seed %d step %d".formatted(seed, step),
              store,
              any(script, states),
              any(script, states));
        }
      }
    }
  }

  private static <T> T any(FileScript script, List<T> from) {
    return from.get(script.random().nextInt(from.size()));
  }

  private static BranchId anyBranch(FileScript script, List<StateId> states) {
    return any(
        script,
        states.stream().filter(BranchId.class::isInstance).map(BranchId.class::cast).toList());
  }

  private static SortedMap<String, Optional<byte[]>> read(BranchStore store, BranchId id) {
    return new CoreFiles(store.branch(id)).read();
  }

  private static void compare(String place, BranchStore store, StateId before, StateId after) {
    Map<Long, Seen> old = seen(store, before);
    Map<Long, Seen> young = seen(store, after);
    Map<Long, FileChange> changes = new HashMap<>();
    store.changes(before, after).forEach(change -> changes.put(change.fileId(), change));
    Set<Long> all = new TreeSet<>(old.keySet());
    all.addAll(young.keySet());
    assertThat(all).as(place).containsAll(changes.keySet());
    for (long id : all) {
      String file = place + " file " + id;
      Seen from = old.get(id);
      Seen to = young.get(id);
      FileChange change = changes.get(id);
      Set<Long> pages = differingPages(from, to);
      if (change == null) {
        assertThat(pages).as(file).isEmpty();
        assertThat(to).as(file).isNotNull();
        assertThat(requireNonNull(to).place()).as(file).isEqualTo(requireNonNull(from).place());
        assertThat(to.bytes()).as(file).isEqualTo(from.bytes());
      } else {
        assertThat(change.before().isPresent()).as(file).isEqualTo(from != null);
        assertThat(change.after().isPresent()).as(file).isEqualTo(to != null);
        same(file, change.before(), from);
        same(file, change.after(), to);
        assertThat(pagesOf(change)).as(file).containsAll(pages);
      }
    }
  }

  private static void same(String file, Optional<FileVersion> version, @Nullable Seen seen) {
    if (version.isPresent()) {
      assertThat(version.get().paths()).as(file).containsExactly(requireNonNull(seen).path());
      assertThat(version.get().bytes()).as(file).isEqualTo(seen.bytes());
    }
  }

  private static Set<Long> pagesOf(FileChange change) {
    Set<Long> pages = new HashSet<>();
    for (PageRange range : change.pages()) {
      for (long page = range.first(); page < range.end(); page++) {
        assertThat(pages.add(page)).isTrue();
      }
    }
    return pages;
  }

  private static Set<Long> differingPages(@Nullable Seen from, @Nullable Seen to) {
    byte[] old = from == null ? new byte[0] : from.content().array();
    byte[] young = to == null ? new byte[0] : to.content().array();
    Set<Long> pages = new HashSet<>();
    long count = Page.count(Math.max(old.length, young.length));
    for (int page = 0; page < count; page++) {
      if (!Arrays.equals(page(old, page), page(young, page))) {
        pages.add((long) page);
      }
    }
    return pages;
  }

  private static byte[] page(byte[] content, int page) {
    int start = Math.min(content.length, page << Page.SHIFT);
    int end = Math.min(content.length, start + Page.BYTES);
    return Arrays.copyOf(Arrays.copyOfRange(content, start, end), Page.BYTES);
  }

  /** A file as a walk over the whole state finds it. */
  private record Seen(String path, ByteBuffer content) {
    long bytes() {
      return content.limit();
    }

    String place() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  private static Map<Long, Seen> seen(BranchStore store, StateId state) {
    BranchId id =
        switch (state) {
          case BranchId branch -> branch;
          case SnapshotId snapshot -> store.fork(snapshot);
        };
    try {
      CoreFiles files = new CoreFiles(store.branch(id));
      Map<Long, Seen> found = new HashMap<>();
      files
          .read()
          .forEach((path, content) -> {
            byte[] bytes = content.orElse(new byte[0]);
            found.put(files.find(path), new Seen(path, ByteBuffer.wrap(bytes)));
          });
      found.put(1L, new Seen("", ByteBuffer.allocate(0)));
      return found;
    } finally {
      if (!Objects.equals(id, state)) {
        store.delete(id);
      }
    }
  }

  @Test
  void takesTimeInProportionToTheAnswer() {
    try (BranchStore store = StoreOpening.open(directory.resolve("store"))) {
      BranchId branch = store.create();
      CoreFiles files = new CoreFiles(store.branch(branch));
      for (int i = 0; i < 5_000; i++) {
        files.create("file" + i);
        files.write("file" + i, 0, new byte[1]);
      }
      files.write("file7", 1L << 30, new byte[1]);
      SnapshotId before = store.freeze(branch, Set.of());
      List<SnapshotId> between = new ArrayList<>();
      for (int level = 0; level < 1_000; level++) {
        files.write("file7", (level % 3) * 8192L, new byte[] {1});
        between.add(store.freeze(branch, Set.of()));
      }
      List<FileChange> changes = store.changes(before, branch);
      assertThat(changes).hasSize(1);
      assertThat(changes.getFirst().pages()).containsExactly(new PageRange(0, 3));
      assertThat(steps(store, before, between.getLast())).isLessThan(1_000);
      assertThat(store.changes(between.getLast(), branch)).isEmpty();
    }
  }

  private static long steps(BranchStore store, SnapshotId before, SnapshotId after) {
    long[] steps = {0};
    steps[0] +=
        store
            .snapshotTree(before)
            .nodes()
            .differences(
                store.snapshotTree(after).nodes(),
                (old, young) -> {
                  if (old != null && young != null) {
                    steps[0] += old.pages().differences(young.pages(), (a, b, c, d) -> {});
                  }
                });
    return steps[0];
  }

  @Test
  void tellsWhatHappenedToNames() {
    try (BranchStore store = StoreOpening.open(directory.resolve("store"))) {
      BranchId branch = store.create();
      CoreFiles files = new CoreFiles(store.branch(branch));
      files.makeDirectory("d");
      files.create("d/moved");
      files.write("d/moved", 0, new byte[20_000]);
      files.create("removed");
      files.create("cut");
      files.write("cut", 0, new byte[40_000]);
      files.create("übrig");
      SnapshotId before = store.freeze(branch, Set.of());
      files.rename("d/moved", "moved");
      files.remove("removed");
      files.resize("cut", 8192);
      files.create("added");
      Map<String, FileChange> changes = new HashMap<>();
      store
          .changes(before, branch)
          .forEach(change ->
              changes.put(
                  change.before().map(v -> v.paths().getFirst()).orElse("-")
                      + " > "
                      + change.after().map(v -> v.paths().getFirst()).orElse("-"),
                  change));
      assertThat(changes)
          .containsOnlyKeys("d/moved > moved", "removed > -", "cut > cut", "- > added");
      assertThat(requireNonNull(changes.get("d/moved > moved")).pages()).isEmpty();
      assertThat(requireNonNull(changes.get("cut > cut")).pages())
          .containsExactly(new PageRange(1, 4));
    }
  }

  @Test
  void tellsWhatEachFileHoldsOfItsOwn() {
    try (BranchStore store = StoreOpening.open(directory.resolve("store"))) {
      BranchId base = store.create();
      CoreFiles files = new CoreFiles(store.branch(base));
      files.create("big");
      files.write("big", 0, new byte[1 << 20]);
      BranchId child = store.fork(base, Set.of());
      assertThat(store.ownFiles(child)).isEmpty();
      CoreFiles inChild = new CoreFiles(store.branch(child));
      inChild.write("big", 100_000, new byte[] {1});
      assertThat(store.ownFiles(child))
          .singleElement()
          .satisfies(file -> {
            assertThat(file.paths()).containsExactly("big");
            assertThat(file.ownBytes()).isEqualTo(8192);
            assertThat(file.logicalBytes()).isEqualTo(1 << 20);
          });
    }
  }
}
