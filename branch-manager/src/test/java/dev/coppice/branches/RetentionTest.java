package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.storage.SnapshotId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RetentionTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant LIMIT = NOW.minus(Duration.ofDays(7));
  private static final UUID SOURCE = new UUID(0, 1);

  private static StoredSnapshot taken(int daysAgo, String name) {
    Instant at = NOW.minus(Duration.ofDays(daysAgo));
    String called = name.isEmpty() ? Names.fresh(at, List.of()) : name;
    return new StoredSnapshot(
        new SnapshotId(new UUID(1, daysAgo)), SOURCE, "shop", called, SOURCE, at, true);
  }

  @Test
  void whatIsOldAndUnusedGoes() {
    StoredSnapshot oldest = taken(30, "");
    StoredSnapshot used = taken(20, "");
    StoredSnapshot named = taken(15, "before-the-move");
    StoredSnapshot old = taken(8, "");
    StoredSnapshot young = taken(6, "");
    StoredSnapshot newest = taken(1, "");

    assertThat(Retention.due(List.of(oldest, used, named, old, young, newest), used::equals, LIMIT))
        .containsExactly(oldest, old);
  }

  @Test
  void theNewestStaysHoweverOld() {
    assertThat(Retention.due(List.of(taken(30, ""), taken(20, "")), any -> false, LIMIT))
        .extracting(StoredSnapshot::takenAt)
        .containsExactly(NOW.minus(Duration.ofDays(30)));
    assertThat(Retention.due(List.of(taken(30, "")), any -> false, LIMIT)).isEmpty();
    assertThat(Retention.due(List.of(), any -> false, LIMIT)).isEmpty();
  }
}
