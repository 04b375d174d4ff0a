package dev.coppice.storage.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageMapTest {

  private static final int PAGES = 10_000;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void behavesAsAnArray(long seed) {
    Random random = new Random(seed);
    @Nullable String[] model = new String[PAGES];
    PageMap<String> map = PageMap.empty();
    for (int step = 0; step < 400; step++) {
      int first = random.nextInt(PAGES);
      if (random.nextInt(10) == 0) {
        map = map.truncate(first);
        Arrays.fill(model, first, PAGES, null);
      } else {
        int count = 1 + random.nextInt(Math.min(PAGES - first, random.nextBoolean() ? 4 : 3000));
        String owner = "owner" + random.nextInt(3);
        map = map.with(first, count, owner);
        Arrays.fill(model, first, first + count, owner);
      }
    }
    for (int page = 0; page < PAGES; page++) {
      assertThat(map.owner(page)).as("seed %d page %d", seed, page).isEqualTo(model[page]);
    }
    for (int page = 0; page < PAGES; page++) {
      assertThat(map.next(page, PAGES, true))
          .as("seed %d held from page %d", seed, page)
          .isEqualTo(next(model, page, true));
      assertThat(map.next(page, PAGES, false))
          .as("seed %d free from page %d", seed, page)
          .isEqualTo(next(model, page, false));
    }
    @Nullable String[] seen = new String[PAGES + 4096];
    map.forEachRun(
        (first, count, owner) -> Arrays.fill(seen, (int) first, (int) (first + count), owner));
    assertThat(Arrays.copyOf(seen, PAGES)).as("seed %d", seed).isEqualTo(model);
  }

  private static int next(@Nullable String[] model, int from, boolean held) {
    int page = from;
    while (page < PAGES && (model[page] != null) != held) {
      page++;
    }
    return page;
  }

  @Test
  void keepsARangeOfOneOwnerAsOneReference() {
    PageMap<String> map = PageMap.empty();
    for (long page = 0; page < 64 * 64; page++) {
      map = map.with(page, 1, "a");
    }
    int[] runs = {0};
    map.forEachRun((first, count, owner) -> runs[0]++);
    assertThat(runs[0]).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void takesRangesOfOtherMaps(long seed) {
    Random random = new Random(seed);
    List<PageMap<String>> maps = new ArrayList<>(List.of(PageMap.empty(), PageMap.empty()));
    @Nullable String[][] models = new String[2][PAGES];
    for (int step = 0; step < 600; step++) {
      int at = random.nextInt(2);
      int first = random.nextInt(random.nextBoolean() ? 100 : PAGES);
      int count = 1 + random.nextInt(Math.min(PAGES - first, random.nextBoolean() ? 4 : 5000));
      if (random.nextInt(3) == 0) {
        maps.set(at, maps.get(at).withPagesOf(maps.get(1 - at), first, count));
        System.arraycopy(models[1 - at], first, models[at], first, count);
      } else {
        String owner = random.nextInt(5) == 0 ? null : "owner" + random.nextInt(3);
        maps.set(at, maps.get(at).with(first, count, owner));
        Arrays.fill(models[at], first, first + count, owner);
      }
    }
    for (int at = 0; at < 2; at++) {
      for (int page = 0; page < PAGES; page++) {
        assertThat(maps.get(at).owner(page))
            .as("seed %d map %d page %d", seed, at, page)
            .isEqualTo(models[at][page]);
      }
    }
  }

  @Test
  void sharesWhatItTakesFromAnotherMap() {
    PageMap<String> source = PageMap.empty();
    for (long page = 0; page < 64 * 64; page++) {
      source = source.with(page, 1, "owner" + page % 2);
    }
    PageMap<String> taken = PageMap.<String>empty().withPagesOf(source, 0, 64 * 64);
    assertThat(source.differences(taken, (first, count, from, to) -> {})).isEqualTo(1);
  }

  @Test
  void holdsPagesFarOut() {
    PageMap<String> map = PageMap.<String>empty().with(1L << 30, 1, "far").with(3, 1, "near");
    assertThat(map.owner(1L << 30)).isEqualTo("far");
    assertThat(map.owner(3)).isEqualTo("near");
    assertThat(map.owner(4)).isNull();
    assertThat(map.owner(1L << 50)).isNull();
  }
}
