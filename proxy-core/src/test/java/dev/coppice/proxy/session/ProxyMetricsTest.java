package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class ProxyMetricsTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ProxyMetrics metrics = new ProxyMetrics(registry);

  @Test
  void countsRefusalsByKindUpToALimit() {
    for (int i = 0; i < 1000; i++) {
      metrics.refused("kind_" + i);
      metrics.refused("kind_0");
    }
    assertThat(registry.find("coppice.proxy.refusals").counters()).hasSize(65);
    assertThat(registry.get("coppice.proxy.refusals").tag("kind", "kind_0").counter().count())
        .isEqualTo(1001);
    assertThat(registry.get("coppice.proxy.refusals").tag("kind", "other").counter().count())
        .isEqualTo(936);
  }

  @Test
  void countsConnections() {
    metrics.opened();
    metrics.opened();
    metrics.closed(ProxyMetrics.Outcome.SERVED);
    assertThat(registry.get("coppice.proxy.connections.active").gauge().value()).isEqualTo(1);
    assertThat(registry.get("coppice.proxy.connections").tag("outcome", "served").counter().count())
        .isEqualTo(1);
  }
}
