package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.testing.LookAlike;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Look-alikes of managed servers: added by the role that such a host gives, branched, compared. */
class HostedSourcesIT {

  @ParameterizedTest
  @EnumSource
  void isAddedByItsWeakRoleAndBranched(LookAlike host) throws Exception {
    try (PostgresServer server = host.start();
        BranchLab lab = new BranchLab();
        BranchManager manager = lab.open(0)) {
      AddSource request =
          new AddSource(
              BranchLab.SHOP, SourceAddress.parse(host.url(server)), PullOptions.standard());

      SourceInfo source = manager.addSource(request, event -> {});

      assertThat(source.provider()).isEqualToIgnoringCase(host.name());
      manager.createBranch(BranchLab.request("shop", "b", Access.OWNER));
      try (Client client = Client.connect(manager, "b", host.database(), source.owner());
          Connection production = server.connect(host.database())) {
        String compared =
            "SELECT md5(string_agg(t::text, ',' ORDER BY id)) || count(*) FROM "
                + host.table()
                + " t";
        assertThat(client.one(compared))
            .isEqualTo(Statements.column(production, compared).getFirst());
        if (host == LookAlike.SUPABASE) {
          rowSecurityWorks(client);
        }
        if (host == LookAlike.RDS) {
          client.run("INSERT INTO purchase (customer, cents) VALUES (1, 1)");
        }
      }
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
