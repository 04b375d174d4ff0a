package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Providers;
import dev.coppice.providers.testing.LookAlike;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that look like those of the known hosts, read by the role that such a host gives. */
class HostedSourcesIT {

  @ParameterizedTest
  @EnumSource
  void isCheckedWithoutBeingChangedAndPulled(LookAlike host) throws SQLException {
    try (PostgresServer server = host.start();
        PostgresServer engine = PostgresServer.start("coppice", "wal_level=logical")) {
      String before = server.dump(host.database());
      Source source = Source.at(SourceAddress.parse(host.url(server)));

      SourceCheck check = source.check();

      assertThat(check.facts().provider()).isEqualToIgnoringCase(host.name());
      assertThat(check.passed()).as(check.items().toString()).isTrue();
      Optional<Provider> generic = Optional.of(Providers.GENERIC);
      assertThat(
              Source.at(SourceAddress.parse(host.url(server)), generic).check().facts().provider())
          .isEqualTo("postgres");

      PullReport report =
          source.pull(
              new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
              new PullOptions(2),
              event -> {});

      assertThat(server.dump(host.database())).isEqualTo(before);
      assertThat(report.fidelity())
          .noneMatch(note -> note.reason().contains("ERROR"))
          .noneMatch(note -> note.kind().equals("object"));
      String compared =
          "SELECT md5(string_agg(t::text, ',' ORDER BY id)), count(*) FROM " + host.table() + " t";
      try (Connection there = server.connect(host.database());
          Connection here = engine.connect(host.database())) {
        assertThat(Query.text(here, compared)).isEqualTo(Query.text(there, compared));
      }
      secretsStayedThere(host, engine);
    }
  }

  private static void secretsStayedThere(LookAlike host, PostgresServer engine) {
    String dump = engine.dump(host.database());
    assertThat(dump)
        .doesNotContain("eyJhbGciOiJIUzI1NiJ9")
        .doesNotContain("hidden-key")
        .doesNotContain("c2VjcmV0")
        .doesNotContain("an answer with a secret");
    if (host == LookAlike.SUPABASE) {
      assertThat(dump)
          .contains("supabase_functions.http_request('https://hooks.example.org/', 'POST', '{}'")
          .contains("DISABLE TRIGGER \"notify service\"")
          .contains("GRANT USAGE ON SCHEMA auth TO authenticated")
          .contains("CREATE EVENT TRIGGER log_ddl")
          .doesNotContain("pgrst_ddl_watch ON");
    }
  }
}
