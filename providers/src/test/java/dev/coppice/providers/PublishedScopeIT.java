package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Publications that somebody else has made. */
class PublishedScopeIT {

  @AutoClose private static PostgresServer source;

  @BeforeAll
  static void start() throws SQLException {
    source = PostgresServer.start("postgres", "wal_level=logical");
    source.execute("postgres", "CREATE DATABASE shop");
    source.execute(
        "shop",
        "CREATE TABLE item (id int PRIMARY KEY, name text); CREATE TABLE other (id int PRIMARY KEY)");
    source.execute(
        "shop",
        "CREATE PUBLICATION rows FOR TABLE item WHERE (id > 10);"
            + " CREATE PUBLICATION columns FOR TABLE other, item (id);"
            + " CREATE PUBLICATION inserts FOR TABLE item WITH (publish = 'insert, update');"
            + " CREATE PUBLICATION roots FOR TABLE item WITH (publish_via_partition_root);"
            + " CREATE PUBLICATION whole FOR TABLE item, other");
  }

  @ParameterizedTest
  @CsvSource({
    "rows, of public.item it holds only rows that its filter lets pass",
    "columns, of public.item it holds only some columns",
    "inserts, it does not publish delete; it does not publish truncate",
    "roots, publish_via_partition_root",
    "absent, there is no publication absent"
  })
  void oneThatDoesNotTellAllIsRefused(String publication, String reason) throws SQLException {
    try (Connection session = source.connect("shop")) {
      SourceException refusal =
          catchThrowableOfType(
              SourceException.class,
              () -> new PublishedScope(session, publication, 15).requireWhole());

      assertThat(refusal.failure()).isEqualTo(SourceFailure.FOLLOW_REFUSED);
      assertThat(refusal).hasMessageContaining(reason);
    }
  }

  @Test
  void oneThatTellsAllWillDo() throws SQLException {
    try (Connection session = source.connect("shop")) {
      new PublishedScope(session, "whole", 15).requireWhole();
    }
  }

  @Test
  void aSourceThatIsRefusedIsPulledOnceAndKeepsNoSlot() throws SQLException {
    try (PostgresServer engine = PostgresServer.start("coppice");
        Connection session = source.connect("shop")) {
      PullReport report =
          Source.at(SourceAddress.parse(source.superuserUrl("shop")))
              .pull(
                  new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
                  PullOptions.standard()
                      .following(new FollowWish("coppice_rows", Optional.of("rows"))),
                  event -> {});

      assertThat(report.follow()).isEmpty();
      assertThat(report.fidelity())
          .anyMatch(note -> note.reason().contains("publication rows does not tell all"));
      assertThat(Query.text(session, "SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    }
  }
}
