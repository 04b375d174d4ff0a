package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicationSlotTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "14 | true  | EXPORT_SNAPSHOT",
        "15 | true  | (SNAPSHOT 'export')",
        "16 | true  | (SNAPSHOT 'export')",
        "17 | false | (SNAPSHOT 'export')",
        "17 | true  | (SNAPSHOT 'export', FAILOVER true)",
        "18 | true  | (SNAPSHOT 'export', FAILOVER true)"
      },
      quoteCharacter = '"')
  void eachMajorIsAskedInItsOwnWay(int major, boolean failover, String options) {
    assertThat(ReplicationSlot.command("coppice_1", major, failover))
        .isEqualTo("CREATE_REPLICATION_SLOT coppice_1 LOGICAL pgoutput " + options);
  }
}
