package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.providers.ClientTools;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFailure;
import dev.coppice.providers.profile.Providers;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sources of the newer majors: followed where client programs of that major are installed, else
 * refused before anything is made, with the package that is missing.
 */
class SourceMajorsIT {

  @RegisterExtension private static final SourcesLab SOURCES = new SourcesLab();

  @ParameterizedTest
  @ValueSource(ints = {16, 17, 18})
  void aSourceIsFollowedOrTheMissingProgramsAreNamed(int major) throws Exception {
    SOURCES.lab().startProduction(major, Map.of("wal_level", "logical"));
    if (hasClientTools(major)) {
      isFollowed(major);
      return;
    }
    BranchException refused =
        catchThrowableOfType(
            BranchException.class,
            () -> SOURCES.manager().addSource(SOURCES.lab().shop("secret"), event -> {}));
    assertThat(refused)
        .hasMessageContaining("pg_dump and pg_restore of version " + major + " or newer");
    assertThat(refused.hint()).contains("postgresql-client-" + major);
    assertThat(SOURCES.manager().sources()).isEmpty();
    assertThat(SOURCES.manager().checkStore().problems()).isEmpty();
  }

  /** As on a host whose slots are to outlive a fail-over. */
  private static void isFollowed(int major) throws Exception {
    SourceInfo pulled =
        SOURCES
            .manager()
            .addSource(
                new AddSource(
                    BranchLab.SHOP,
                    SourceAddress.parse(
                        "postgres://admin:secret@127.0.0.1:%d/shop?sslmode=disable"
                            .formatted(SOURCES.lab().productionPort())),
                    PullOptions.standard(),
                    Providers.named("planetscale"),
                    true,
                    Optional.empty(),
                    true),
                event -> {});
    assertThat(pulled.engineMajor()).isEqualTo(major);
    assertThat(pulled.follow()).as("%s", pulled.fidelity()).isPresent();
    try (Connection production = SOURCES.lab().production("shop")) {
      for (String sql :
          List.of(
              "SET ROLE " + BranchLab.OWNER,
              "INSERT INTO sales.item (name, price) SELECT 'new ' || n, n FROM generate_series(1, 9000) n",
              "ALTER TABLE sales.item ADD note text DEFAULT 'none'",
              "UPDATE sales.item SET note = 'x' WHERE id % 3 = 0",
              "CREATE TABLE sales.more (id int PRIMARY KEY, t text,"
                  + " twice int GENERATED ALWAYS AS (id * 2) STORED)",
              "INSERT INTO sales.more VALUES (1, 'one'), (2, 'two')",
              "DELETE FROM sales.item WHERE id % 7 = 0")) {
        Statements.run(production, sql);
      }
      Statements.run(production, "RESET ROLE");
      SOURCES.manager().createBranch(BranchLab.fresh("b"));
      String more = "SELECT string_agg(m::text, ',' ORDER BY id) FROM sales.more m";
      try (Client client = Client.connect(SOURCES.manager(), "b", BranchLab.OWNER)) {
        assertThat(ProductionLoad.rows(client.connection).equals(ProductionLoad.rows(production)))
            .isTrue();
        assertThat(client.one(more)).isEqualTo(Statements.column(production, more).getFirst());
      }
      assertThat(SOURCES.manager().source(BranchLab.SHOP).follow().orElseThrow().slot())
          .as("the first base")
          .isEqualTo(pulled.follow().orElseThrow().slot());
      if (major >= 17) {
        assertThat(Statements.column(production, "SELECT failover FROM pg_replication_slots"))
            .containsExactly("t");
      }
    }
  }

  private static boolean hasClientTools(int major) {
    try {
      return ClientTools.find(major).major() >= major;
    } catch (SourceException e) {
      assertThat(e.failure()).isEqualTo(SourceFailure.CLIENT_TOOLS_MISSING);
      assertThat(e.hint()).contains("postgresql-client-" + major);
      return false;
    }
  }
}
