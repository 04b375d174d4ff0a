package dev.coppice.server.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFailure;
import dev.coppice.server.failure.FailureCode.Exit;
import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StorageFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FailureTableTest {
  private static List<FailureCode> all() {
    List<FailureCode> all = new ArrayList<>();
    List.of(BranchFailure.values()).forEach(failure -> all.add(FailureTable.of(failure)));
    List.of(SourceFailure.values()).forEach(failure -> all.add(FailureTable.of(failure)));
    List.of(StorageFailure.values()).forEach(failure -> all.add(FailureTable.of(failure)));
    List.of(ServerFailure.values()).forEach(failure -> all.add(FailureTable.of(failure)));
    return all;
  }

  @Test
  void everyCodeIsWellFormed() {
    assertThat(all())
        .allSatisfy(code -> {
          assertThat(code.code()).matches("[a-z]+(_[a-z]+)*");
          assertThat(code.sqlState()).matches("[0-9A-Z]{5}");
          assertThat(code.httpStatus()).isBetween(400, 599);
          assertThat(code.exit()).isNotEqualTo(Exit.OK);
        });
  }

  @Test
  void oneNameNeverStandsForTwoThings() {
    Map<String, FailureCode> byName = new HashMap<>();
    for (FailureCode code : all()) {
      assertThat(byName.getOrDefault(code.code(), code)).isEqualTo(code);
      byName.put(code.code(), code);
    }
  }

  @Test
  void aNameLeadsBackToItsCode() {
    assertThat(all()).allSatisfy(c -> assertThat(FailureTable.named(c.code())).isEqualTo(c));
    assertThat(FailureTable.named("from_the_future").exit()).isEqualTo(Exit.FAILED);
  }

  @Test
  void whatTheManagerPassesOnKeepsItsOwnCode() {
    BranchException thrown =
        new BranchException(
            BranchFailure.SOURCE_FAILED,
            "shop could not be pulled",
            "Check the password.",
            new SourceException(SourceFailure.AUTHENTICATION_FAILED, "refused", "…"));

    Failure failure = Failure.of(new CompletionException(thrown)).orElseThrow();

    assertThat(failure.code().exit()).isEqualTo(Exit.NOT_AUTHORISED);
    assertThat(failure.message()).isEqualTo("shop could not be pulled");
  }

  @Test
  void corruptionIsToldAsCorruption() {
    Failure failure =
        Failure.of(new CorruptStoreException("layers/1", 8192, "crc 1", "crc 2")).orElseThrow();

    assertThat(failure.code().sqlState()).isEqualTo("XX001");
    assertThat(failure.message()).contains("layers/1", "8192");
  }

  @Test
  void aBugIsNotAnOperatingFailure() {
    assertThat(Failure.of(new IllegalStateException("bug"))).isEmpty();
    assertThat(Failure.ofAny(new IllegalStateException("bug")).code().code()).isEqualTo("internal");
  }
}
