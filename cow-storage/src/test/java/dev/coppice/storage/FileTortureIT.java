package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random system calls through the mount, of every kind and on files that stay open, must do what
 * they do on a plain directory, while the branch is forked, frozen and opened anew; what was forked
 * off stays as it was. The long form is -Dcoppice.torture.seeds=270, a million calls;
 * -Dcoppice.torture.seed=N begins with that seed.
 */
class FileTortureIT {

  private static final int SEEDS = Integer.getInteger("coppice.torture.seeds", 4);
  private static final long FIRST_SEED = Long.getLong("coppice.torture.seed", 21);
  private static final int ROUNDS = 15;
  private static final int CALLS_PER_ROUND = 250;

  private final Map<StateId, Map<String, String>> kept = new HashMap<>();
  @RegisterExtension private final StoreHome home = new StoreHome();

  static LongStream seeds() {
    return LongStream.range(FIRST_SEED, FIRST_SEED + SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void answersAsAPlainDirectory(long seed) throws IOException {
    Path plain = Files.createDirectory(home.resolve("plain"));
    PageStore store = home.open();
    try {
      BranchId branch = store.create();
      try (FileTorture torture = new FileTorture(seed, plain, store.path(branch))) {
        for (int round = 0; round < ROUNDS; round++) {
          torture.run(CALLS_PER_ROUND);
          torture.compare();
          assertThat(store.checkSpace().differences())
              .as("seed %d round %d", seed, round)
              .isEmpty();
          Map<String, String> tree = FileTorture.tree(plain);
          Random random = torture.random();
          switch (random.nextInt(6)) {
            case 0 -> kept.put(store.fork(branch, Set.of()), tree);
            case 1 -> kept.put(store.freeze(branch, Set.of()), tree);
            case 2, 3 -> {
              BranchId child = store.fork(branch, Set.of());
              torture.moveTo(store.path(child));
              kept.put(branch, tree);
              branch = child;
            }
            case 4 -> deleteOne(store, random);
            default -> {
              torture.leave();
              store.close();
              store = home.open();
              torture.moveTo(store.path(branch));
              torture.compare();
            }
          }
        }
      }
      store.close();
      store = home.open();
      kept.put(branch, FileTorture.tree(plain));
      requireKept(store, seed);
    } finally {
      store.close();
    }
  }

  private void deleteOne(PageStore store, Random random) {
    List<StateId> all = new ArrayList<>(kept.keySet());
    if (!all.isEmpty()) {
      StateId one = all.get(random.nextInt(all.size()));
      kept.remove(one);
      switch (one) {
        case BranchId branch -> store.delete(branch);
        case SnapshotId snapshot -> store.delete(snapshot);
      }
    }
  }

  private void requireKept(PageStore store, long seed) throws IOException {
    for (Map.Entry<StateId, Map<String, String>> state : kept.entrySet()) {
      BranchId probe =
          switch (state.getKey()) {
            case BranchId branch -> branch;
            case SnapshotId snapshot -> store.fork(snapshot);
          };
      assertThat(FileTorture.tree(store.path(probe)))
          .as("%s with seed %d", state.getKey(), seed)
          .isEqualTo(state.getValue());
    }
    assertThat(store.check().problems()).as("seed %d", seed).isEmpty();
    assertThat(store.checkSpace().differences()).as("seed %d", seed).isEmpty();
  }
}
