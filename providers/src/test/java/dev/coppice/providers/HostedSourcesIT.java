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
      databasesOfTheHostAreNone(host, server);
      whatTheCheckSaysCanBeDone(host, server, source);
      if (host == LookAlike.RDS) {
        membersOfReplicationMayReplicate(server);
      }
    }
  }

  private static void databasesOfTheHostAreNone(LookAlike host, PostgresServer server) {
    String own =
        switch (host) {
          case RDS -> "rdsadmin";
          case PLANETSCALE -> "pscale_admin";
          case SUPABASE -> "";
        };
    if (!own.isEmpty()) {
      SourceCheck check = Source.at(SourceAddress.parse(server.superuserUrl(own))).check();
      assertThat(check.failure()).contains(SourceFailure.PREFLIGHT_FAILED);
      assertThat(check.items().toString()).contains(own + " is a database of");
    }
  }

  /** Its statements as they are, done by who may; then it has nothing more to say of these. */
  private static void whatTheCheckSaysCanBeDone(
      LookAlike host, PostgresServer server, Source source) {
    CheckItem publication = item(source, "following: publication");
    assertThat(publication.outcome() == CheckItem.Outcome.PASSED).isEqualTo(host != LookAlike.RDS);
    server.script(host.database(), secondAlternative(publication.remedy()));
    assertThat(item(source, "following: right").outcome()).isEqualTo(CheckItem.Outcome.PASSED);

    String definitions = item(source, "following: definitions").remedy();
    assertThat(definitions.lines().findFirst().orElseThrow())
        .contains(host == LookAlike.SUPABASE ? "--ddl" : "As a superuser");
    server.script(host.database(), definitions.substring(definitions.indexOf('\n')));

    assertThat(item(source, "following: definitions").outcome())
        .isEqualTo(CheckItem.Outcome.PASSED);
    assertThat(item(source, "following: publication").detail()).contains("coppice");
  }

  /** The first is for all tables, also those that it would keep from being updated. */
  private static String secondAlternative(String remedy) {
    return remedy.substring(remedy.indexOf('\n') + 1);
  }

  private static CheckItem item(Source source, String what) {
    return source.check().items().stream()
        .filter(item -> item.what().equals(what))
        .findFirst()
        .orElseThrow();
  }

  /** On the real one, which a stock server does not let replicate without the attribute. */
  private static void membersOfReplicationMayReplicate(PostgresServer server) throws SQLException {
    try (Connection session = server.connect("postgres")) {
      Query.run(session, "CREATE ROLE streamer IN ROLE rds_replication; SET ROLE streamer");
      for (Provider provider :
          new Provider[] {Providers.named("rds").orElseThrow(), Providers.GENERIC}) {
        assertThat(Query.text(session, FollowProbe.mayReplicate(provider.replication())))
            .isEqualTo(provider.name().equals("rds") ? "t" : "f");
      }
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
