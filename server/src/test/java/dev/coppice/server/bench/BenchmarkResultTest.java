package dev.coppice.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.server.output.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchmarkResultTest {
  @Test
  void takesTheMedianAndTheExtremes() {
    assertThat(BenchmarkResult.Row.median("m", "ms", "", 3, 1, 2))
        .isEqualTo(new BenchmarkResult.Row("m", 2, "ms", 3, 1, 3, ""));
    assertThat(BenchmarkResult.Row.median("m", "ms", "", 1, 2).value()).isEqualTo(1.5);
    assertThat(BenchmarkResult.Row.quantile("m", 1, "ms", "", 1, 2, 9).value()).isEqualTo(9);
  }

  @Test
  void reportsInTheShapeThatScriptsRead() {
    BenchmarkReport report =
        new BenchmarkReport(
            "storage",
            new MachineFacts(2, 1024, "6.1", "ext4", "25", "18.6"),
            List.of(BenchmarkResult.Row.median("tpcb_ratio", "ratio", "plain directory", 0.9)),
            List.of(new BenchmarkResult.Skipped("other", "apt-get install other")));

    assertThat(Json.line(report))
        .isEqualTo(
            "{\"benchmark\":\"storage\",\"machine\":{\"cores\":2,\"memory_bytes\":1024,"
                + "\"kernel\":\"6.1\",\"filesystem\":\"ext4\",\"java\":\"25\",\"postgres\":\"18.6\"},"
                + "\"rows\":[{\"metric\":\"tpcb_ratio\",\"value\":0.9,\"unit\":\"ratio\","
                + "\"median_of\":1,\"min\":0.9,\"max\":0.9,\"compared_with\":\"plain directory\"}],"
                + "\"skipped\":[{\"metric\":\"other\",\"why\":\"apt-get install other\"}]}");
    assertThat(report.text()).contains("tpcb_ratio", "0.9000", "skipped other");
  }
}
