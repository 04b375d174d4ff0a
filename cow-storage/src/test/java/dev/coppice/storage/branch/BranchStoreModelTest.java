package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.FileScript;
import dev.coppice.storage.ModelFiles;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.layer.StoreFiles;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random operations on many branches against plain maps, with restarts and kills in between. The
 * long form is -Dcoppice.model.seeds=170, a million operations; -Dcoppice.model.seed=N begins with
 * that seed, and -Dcoppice.model.steps=N gives each store a longer life.
 */
class BranchStoreModelTest {

  private static final int SEEDS = Integer.getInteger("coppice.model.seeds", 3);
  private static final long FIRST_SEED = Long.getLong("coppice.model.seed", 1);
  private static final int STEPS = Integer.getInteger("coppice.model.steps", 6_000);
  private static final int MAX_BRANCHES = 8;

  @TempDir Path directory;

  static LongStream seeds() {
    return LongStream.range(FIRST_SEED, FIRST_SEED + SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void behavesAsPlainMaps(long seed) throws IOException {
    FileScript script = new FileScript(seed);
    Map<BranchId, ModelFiles> models = new HashMap<>();
    Map<SnapshotId, ModelFiles> snapshots = new HashMap<>();
    int merges = 0;
    Path home = directory.resolve("0");
    BranchStore store = StoreOpening.open(home);
    try {
      models.put(store.create(), new ModelFiles());
      for (int step = 1; step <= STEPS; step++) {
        BranchId id = pick(script, models.keySet());
        script.step(new CoreFiles(store.branch(id)), requireNonNull(models.get(id)));
        if (step % 50 == 0) {
          changeBranches(script, store, models, snapshots);
        }
        if (step % 100 == 0) {
          merges += store.merge();
        }
        if (step % 600 == 0) {
          Path next = directory.resolve(Integer.toString(step));
          copyAsAKillLeavesIt(home, next);
          store.close();
          StoreFiles.deleteTree(home);
          home = next;
          store = StoreOpening.open(home);
          compareAll(script, store, models, snapshots);
        }
      }
      compareAll(script, store, models, snapshots);
      assertThat(merges).as("merges with seed %d", seed).isPositive();
    } finally {
      store.close();
    }
  }

  private static <T> T pick(FileScript script, Set<T> from) {
    List<T> all = new ArrayList<>(from);
    all.sort((a, b) -> a.toString().compareTo(b.toString()));
    return all.get(script.random().nextInt(all.size()));
  }

  private static void changeBranches(
      FileScript script,
      BranchStore store,
      Map<BranchId, ModelFiles> models,
      Map<SnapshotId, ModelFiles> snapshots) {
    BranchId id = pick(script, models.keySet());
    ModelFiles model = requireNonNull(models.get(id));
    switch (script.random().nextInt(5)) {
      case 0 -> models.put(store.fork(id, Set.of()), model.copy());
      case 1 -> snapshots.put(store.freeze(id, Set.of()), model.copy());
      case 2 -> {
        if (!snapshots.isEmpty()) {
          SnapshotId snapshot = pick(script, snapshots.keySet());
          models.put(store.fork(snapshot), requireNonNull(snapshots.get(snapshot)).copy());
        }
      }
      case 3 -> {
        if (models.size() > 1) {
          store.delete(id);
          models.remove(id);
        }
      }
      default -> {
        if (!snapshots.isEmpty()) {
          SnapshotId snapshot = pick(script, snapshots.keySet());
          store.delete(snapshot);
          snapshots.remove(snapshot);
        }
      }
    }
    if (models.size() > MAX_BRANCHES) {
      BranchId surplus = pick(script, models.keySet());
      store.delete(surplus);
      models.remove(surplus);
    }
  }

  private static void compareAll(
      FileScript script,
      BranchStore store,
      Map<BranchId, ModelFiles> models,
      Map<SnapshotId, ModelFiles> snapshots) {
    assertThat(store.branches()).isEqualTo(models.keySet());
    assertThat(store.snapshots()).isEqualTo(snapshots.keySet());
    models.forEach((id, model) -> script.compare("branch", new CoreFiles(store.branch(id)), model));
    snapshots.forEach((id, model) -> {
      BranchId probe = store.fork(id);
      script.compare("snapshot", new CoreFiles(store.branch(probe)), model);
      store.delete(probe);
    });
    store.awaitBackground();
    assertThat(store.check().problems()).isEmpty();
    assertThat(store.checkSpace().differences()).isEmpty();
  }

  /** What is written is in the kernel's hands, so a copy of the files is what a kill leaves. */
  static void copyAsAKillLeavesIt(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(path)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            try {
              Files.copy(path, to.resolve(from.relativize(path)));
            } catch (NoSuchFileException e) {
              return FileVisitResult.CONTINUE;
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }
}
