package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.storage.SnapshotId;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

  private static final Instant NOON = Instant.parse("2026-03-04T12:00:05.123Z");

  @Test
  void freshNamesTellTheTimeAndAreUnique() {
    assertThat(Names.fresh(NOON, List.of())).isEqualTo("20260304-120005");
    assertThat(Names.fresh(NOON, List.of(named("20260304-120005"), named("20260304-120005-2"))))
        .isEqualTo("20260304-120005-3");
    assertThat(Names.snapshot(Names.fresh(NOON, List.of()))).isEqualTo("20260304-120005");
  }

  private static StoredSnapshot named(String name) {
    UUID owner = new UUID(1, 1);
    return new StoredSnapshot(
        new SnapshotId(UUID.randomUUID()), owner, "main", name, owner, NOON, true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".hidden", "a b", "a/b", "a@b", "é"})
  void oddSnapshotNamesAreRefused(String name) {
    assertThatThrownBy(() -> Names.snapshot(name))
        .isInstanceOfSatisfying(
            BranchException.class,
            e -> assertThat(e.failure()).isEqualTo(BranchFailure.NAME_INVALID));
  }
}
