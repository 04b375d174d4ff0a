package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.providers.FidelityNote;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.testing.LookAlike;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Look-alikes of managed servers: added by the role that such a host gives, followed while others
 * write, branched, compared.
 */
class HostedSourcesIT {

  private static final long SEED = 20_261_123;

  private static final String LEFT =
      "SELECT (SELECT count(*) FROM pg_replication_slots)"
          + " + (SELECT count(*) FROM pg_publication WHERE pubname LIKE 'coppice\\_%')";

  @RegisterExtension private static final SourcesLab SOURCES = new SourcesLab();

  @ParameterizedTest
  @EnumSource
  void isAddedByItsWeakRoleFollowedAndBranched(LookAlike host) throws Exception {
    try (PostgresServer server = host.start()) {
      if (!host.publication().isEmpty()) {
        server.execute(host.database(), host.publication());
        recordDefinitions(host, server);
      }

      SourceInfo source = SOURCES.manager().addSource(followed(host, server), event -> {});

      assertThat(source.provider()).isEqualToIgnoringCase(host.name());
      assertThat(source.follow()).as("%s", source.fidelity()).isPresent();
      unpublishedTablesAreNamed(host, source);
      definitionsAreRecordedWhereTheRoleMay(host, source);
      try (CustomerLoad load =
          new CustomerLoad(() -> server.connect(host.database()), host.changes(), SEED)) {
        if (source.follow().orElseThrow().definitions()) {
          server.execute(host.database(), host.definitions());
        }
        BranchLab.await(
            "following under load", () -> follow().changes() > 500 && load.made() > 2_000);
        SOURCES.manager().createBranch(BranchLab.fresh("during"));
      }
      SOURCES.manager().createBranch(BranchLab.fresh("b"));

      assertThat(follow().slot()).isEqualTo(source.follow().orElseThrow().slot());
      try (Client client = Client.connect(SOURCES.manager(), "b", host.database(), source.owner());
          Connection production = server.connect(host.database())) {
        requireEqual(host, client, production);
        if (host == LookAlike.SUPABASE) {
          rowSecurityWorks(client);
        }
        if (host == LookAlike.RDS) {
          client.run("INSERT INTO purchase (customer, cents) VALUES (1, 1)");
        }
      }
      requireReleased(server, host);
    }
  }

  private static AddSource followed(LookAlike host, PostgresServer server) {
    return new AddSource(
        BranchLab.SHOP,
        SourceAddress.parse(host.url(server)),
        PullOptions.standard(),
        Optional.empty(),
        true,
        Optional.empty(),
        true);
  }

  /** By the host's superuser, with the statements that the weak role is told. */
  private static void recordDefinitions(LookAlike host, PostgresServer server) {
    String told =
        Source.at(SourceAddress.parse(host.url(server))).check().items().stream()
            .filter(item -> item.what().equals("following: definitions"))
            .findFirst()
            .orElseThrow()
            .remedy();
    server.script(host.database(), told.substring(told.indexOf('\n')));
  }

  private static void definitionsAreRecordedWhereTheRoleMay(LookAlike host, SourceInfo source) {
    boolean prepared = !host.publication().isEmpty();
    assertThat(source.follow().orElseThrow().definitions()).isEqualTo(prepared);
    if (!prepared) {
      assertThat(source.fidelity())
          .extracting(FidelityNote::reason)
          .anyMatch(why -> why.startsWith("event triggers could not be made"));
    }
  }

  private static FollowInfo follow() {
    return SOURCES.manager().source(BranchLab.SHOP).follow().orElseThrow();
  }

  private static void requireEqual(LookAlike host, Client client, Connection production)
      throws SQLException {
    for (String table : host.followed()) {
      String compared =
          "SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text COLLATE \"C\")), '')"
              + " || count(*) FROM "
              + table
              + " t";
      assertThat(client.one(compared))
          .as("%s, seed %d", table, SEED)
          .isEqualTo(Statements.column(production, compared).getFirst());
    }
  }

  private static void unpublishedTablesAreNamed(LookAlike host, SourceInfo source) {
    List<String> named =
        source.fidelity().stream()
            .filter(note -> note.reason().contains("its rows stay as pulled"))
            .map(note -> note.object() + ": " + note.reason())
            .toList();
    if (host == LookAlike.SUPABASE) {
      assertThat(named)
          .anyMatch(note -> note.matches("auth.schema_migrations: .* role supabase_auth_admin. .*"))
          .anyMatch(note -> note.matches("public.ddl_log: .* replica identity .* IDENTITY FULL.*"))
          .anyMatch(note -> note.endsWith("ADD TABLE supabase_migrations.schema_migrations;"));
    } else {
      assertThat(named).isEmpty();
    }
  }

  /** Nothing of ours stays there but what the operator has made. */
  private static void requireReleased(PostgresServer server, LookAlike host) throws Exception {
    for (BranchInfo branch : SOURCES.manager().branches()) {
      SOURCES.manager().deleteBranch(branch.name());
    }
    SOURCES.manager().removeSource(BranchLab.SHOP);
    BranchLab.await("the release", () -> left(server, host).equals("0"));
  }

  private static String left(PostgresServer server, LookAlike host) {
    try (Connection production = server.connect(host.database())) {
      return Statements.column(production, LEFT).getFirst();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void rowSecurityWorks(Client client) throws SQLException {
    String count = "SELECT count(*) FROM todos";
    client.run(
        "SELECT set_config('request.jwt.claims',"
            + " '{\"sub\": \"00000000-0000-0000-0000-000000000007\"}', false)");
    client.run("SET ROLE authenticated");
    assertThat(client.one("SELECT auth.uid()")).endsWith("007");
    assertThat(client.one(count)).isEqualTo("20");
    client.run("INSERT INTO todos (owner, task) VALUES (auth.uid(), 'mine')");
    assertThatThrownBy(() ->
            client.run(
                "INSERT INTO todos (owner, task)"
                    + " VALUES ('00000000-0000-0000-0000-000000000008', 'not mine')"))
        .hasMessageContaining("row-level security");
    client.run("RESET ROLE; SET ROLE anon");
    assertThat(client.one(count)).isEqualTo("0");
    client.run("RESET ROLE; SET ROLE service_role");
    assertThat(client.one(count)).isEqualTo("4001");
    client.run("RESET ROLE");
    assertThat(client.one("SELECT count(*) FROM cron.job")).isEqualTo("0");
    assertThat(client.one("SELECT count(*) FROM vault.decrypted_secrets")).isEqualTo("0");
  }
}
