package dev.coppice.storage.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongMapTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void behavesAsASortedMapAndLeavesOldVersionsAlone(long seed) {
    Random random = new Random(seed);
    TreeMap<Long, Integer> model = new TreeMap<>(Long::compareUnsigned);
    LongMap<Integer> map = LongMap.empty();
    LongMap<Integer> old = map;
    Map<Long, Integer> oldModel = Map.of();
    for (int step = 0; step < 5_000; step++) {
      long key = key(random);
      if (random.nextInt(3) == 0) {
        map = map.without(key);
        model.remove(key);
      } else {
        map = map.with(key, step);
        model.put(key, step);
      }
      if (step == 2_500) {
        old = map;
        oldModel = Map.copyOf(model);
      }
      assertThat(map.get(key)).as("seed %d step %d", seed, step).isEqualTo(model.get(key));
    }
    assertThat(map.size()).as("seed %d", seed).isEqualTo(model.size());
    assertThat(entries(map, 0)).as("seed %d", seed).isEqualTo(entries(model));
    long bound = key(random);
    assertThat(entries(map, bound))
        .as("seed %d from %d", seed, bound)
        .isEqualTo(entries(model.tailMap(bound, true)));
    TreeMap<Long, Integer> oldSorted = new TreeMap<>(Long::compareUnsigned);
    oldSorted.putAll(oldModel);
    assertThat(entries(old, 0)).as("seed %d", seed).isEqualTo(entries(oldSorted));
  }

  /** Mixes keys that differ in their first bits with keys that differ in their last only. */
  private static long key(Random random) {
    long small = random.nextInt(400);
    return random.nextBoolean() ? small : LongMap.spread(small);
  }

  private static List<String> entries(Map<Long, Integer> model) {
    return model.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  private static List<String> entries(LongMap<Integer> map, long from) {
    List<String> seen = new ArrayList<>();
    map.visitFrom(
        from,
        (key, value) -> {
          seen.add(key + "=" + value);
          return true;
        });
    return seen;
  }
}
