package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.providers.CheckItem;
import dev.coppice.providers.SourceCheck;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFacts;
import dev.coppice.providers.SourceFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SourcesTest {
  private static final SourceFacts FACTS =
      new SourceFacts(
          15,
          "15.4",
          "postgres",
          "shop",
          "owner",
          false,
          "UTF8",
          "C",
          "C",
          "libc",
          null,
          Map.of(),
          Set.of(),
          0);

  @Test
  void aRefusedPreflightKeepsWhatItFailedOf() {
    CheckItem denied =
        new CheckItem(
            CheckItem.Outcome.FAILED,
            "tables",
            "reader lacks SELECT on t",
            "GRANT SELECT ON TABLE t TO reader;");
    SourceCheck check =
        new SourceCheck(
            FACTS, List.of(denied), Optional.of(SourceFailure.PERMISSION_DENIED), false);

    assertThatThrownBy(() -> Sources.requirePassed(new BranchName("shop"), check))
        .isInstanceOfSatisfying(
            BranchException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(BranchFailure.SOURCE_FAILED);
              assertThat(e.hint()).isEqualTo("GRANT SELECT ON TABLE t TO reader;");
              assertThat(e.getCause())
                  .isInstanceOfSatisfying(
                      SourceException.class,
                      cause ->
                          assertThat(cause.failure()).isEqualTo(SourceFailure.PERMISSION_DENIED));
            })
        .hasMessage("Source \"shop\" cannot be pulled: tables: reader lacks SELECT on t");
  }

  @Test
  void oneBranchIsNotSeveral() {
    assertThat(LocalBranchManager.branchesWere(1)).isEqualTo("1 branch was");
    assertThat(LocalBranchManager.branchesWere(2)).isEqualTo("2 branches were");
  }
}
