package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.KitchenSink;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Everything that a database can hold arrives, and what does not is said. */
class KitchenSinkIT {

  private static final long SEED = 20_260_101;

  @AutoClose private static PostgresServer source;
  @AutoClose private static PostgresServer engine;
  private static PullReport report;

  @BeforeAll
  static void pull() throws SQLException {
    source = PostgresServer.start("postgres", "max_locks_per_transaction=512");
    KitchenSink.create(source, SEED);
    engine =
        PostgresServer.start(
            "coppice",
            "wal_level=minimal",
            "max_wal_senders=0",
            "autovacuum=off",
            "max_locks_per_transaction=512");
    SourceAddress address =
        SourceAddress.parse(
            source.url(KitchenSink.READER, KitchenSink.READER_PASSWORD, KitchenSink.DATABASE));
    report =
        Source.at(address)
            .pull(
                new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
                new PullOptions(2),
                event -> {});
  }

  @Test
  void reportsExactlyWhatWasNotKept() {
    assertThat(report.fidelity())
        .extracting(note -> note.kind() + " " + note.object() + " " + note.action())
        .containsExactlyInAnyOrder(
            "user mapping sink_app on elsewhere dropped",
            "foreign table shop.remote changed",
            "publication some_tables dropped",
            "role postgres changed",
            "role sink_super changed");
  }

  @Test
  void schemaIsEqual() {
    assertThat(schema(engine)).isEqualTo(schema(source));
  }

  @Test
  void rowsSequencesAndLargeObjectsAreEqual() {
    String[] arguments = {"--data-only", "--disable-triggers"};
    assertThat(engine.dump(KitchenSink.DATABASE, arguments))
        .isEqualTo(source.dump(KitchenSink.DATABASE, arguments));
  }

  @Test
  void rolesAreEqualButForPasswordsAndPowers() {
    assertThat(roles(engine))
        .isEqualTo(
            roles(source)
                .replace(
                    "ALTER ROLE sink_super WITH SUPERUSER",
                    "ALTER ROLE sink_super WITH NOSUPERUSER")
                .replace("REPLICATION NOBYPASSRLS", "NOREPLICATION NOBYPASSRLS")
                .replace("NONOREPLICATION", "NOREPLICATION"));
  }

  @Test
  void databaseKeepsItsSettingsGrantsAndComment() {
    String[] arguments = {"--create", "--exclude-schema=*"};
    assertThat(schema(engine, arguments))
        .contains("work_mem", "sink_app", "COMMENT ON DATABASE")
        .isEqualTo(schema(source, arguments));
  }

  @Test
  void largeObjectsKeepOwnerGrantsAndComment() throws SQLException {
    String sql =
        "SELECT string_agg(concat_ws(' ', oid, lomowner::regrole, lomacl,"
            + " obj_description(oid, 'pg_largeobject')), '; ' ORDER BY oid)"
            + " FROM pg_largeobject_metadata";
    assertThat(text(engine, sql)).isEqualTo(text(source, sql));
  }

  @Test
  void materializedViewsHoldTheirRows() throws SQLException {
    for (String view : List.of("b_totals", "a_ranked", "by_primary_key")) {
      String sql = "SELECT md5(string_agg(v::text, ';' ORDER BY v::text)) FROM shop." + view + " v";
      assertThat(text(engine, sql)).as(view).isEqualTo(text(source, sql));
    }
    assertThat(text(engine, "SELECT relispopulated FROM pg_class WHERE relname = 'not_filled'"))
        .isEqualTo("f");
  }

  @Test
  void everyTableHasStatistics() throws SQLException {
    assertThat(
            text(
                engine,
                "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                    + " 'bulk'::regnamespace AND reltuples < 0"))
        .isEqualTo("0");
  }

  /** Without what a pull leaves out on purpose. */
  private static String schema(PostgresServer server, String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--schema-only",
                "--no-publications",
                "--no-subscriptions",
                "--no-security-labels"));
    all.addAll(List.of(arguments));
    return server
        .dump(KitchenSink.DATABASE, all.toArray(String[]::new))
        .replaceAll("--\n-- Name: USER MAPPING .*\n--\n\nCREATE USER MAPPING [^;]*;\n\n\n", "");
  }

  private static String roles(PostgresServer server) {
    return server
        .tool("postgres", "pg_dumpall", "--roles-only", "--no-role-passwords")
        .lines()
        .filter(line -> !line.contains("ROLE postgres") && !line.contains("ROLE coppice"))
        .filter(line -> !line.startsWith("\\"))
        .map(line -> line.replaceFirst(" GRANTED BY .*;", ";"))
        .collect(Collectors.joining("\n"));
  }

  private static String text(PostgresServer server, String sql) throws SQLException {
    try (Connection session = server.connect(KitchenSink.DATABASE)) {
      return Query.text(session, sql);
    }
  }
}
