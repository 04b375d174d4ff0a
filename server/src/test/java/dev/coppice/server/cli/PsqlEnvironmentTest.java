package dev.coppice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PsqlEnvironmentTest {
  private final Map<String, String> environment = new HashMap<>();

  @Test
  void everyPartOfAnAddressBecomesAVariable() {
    PsqlEnvironment.set(
        environment, "postgres://shop%40owner.pr-1:a%2Fb@127.0.0.1:7432/my%20shop?sslmode=disable");

    assertThat(environment)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "PGHOST", "127.0.0.1",
                "PGPORT", "7432",
                "PGUSER", "shop@owner.pr-1",
                "PGPASSWORD", "a/b",
                "PGDATABASE", "my shop",
                "PGSSLMODE", "disable"));
  }

  @Test
  void whatWouldLeadElsewhereIsTakenAway() {
    environment.putAll(Map.of("PGSERVICE", "other", "PGHOSTADDR", "10.0.0.1", "PGHOST", "other"));

    PsqlEnvironment.set(environment, "postgres://r.b:p@[::1]:7432/d?sslmode=verify-full");

    assertThat(environment)
        .doesNotContainKeys("PGSERVICE", "PGHOSTADDR")
        .containsEntry("PGHOST", "::1")
        .containsEntry("PGSSLMODE", "verify-full");
  }

  @Test
  void whatIsNoConnectionStringIsABug() {
    assertThatThrownBy(() -> PsqlEnvironment.set(environment, "postgres://secret"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageNotContaining("secret");
  }
}
