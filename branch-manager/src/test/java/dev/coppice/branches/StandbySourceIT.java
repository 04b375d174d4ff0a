package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.branches.engine.EngineUser;
import dev.coppice.branches.engine.Installations;
import dev.coppice.providers.CheckItem;
import dev.coppice.providers.ClientTools;
import dev.coppice.providers.FidelityNote;
import dev.coppice.providers.FollowWish;
import dev.coppice.providers.LocalEngine;
import dev.coppice.providers.PullLimits;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.SourceCheck;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFailure;
import dev.coppice.providers.testing.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A standby that is followed, of the newest major from 16 on whose client programs are installed;
 * where none are, all of it is refused before anything is made.
 */
class StandbySourceIT {

  private static final String PUBLICATION = "CREATE PUBLICATION coppice FOR ALL TABLES";

  @RegisterExtension private static final SourcesLab SOURCES = new SourcesLab();

  private static PostgresServer primary;
  private static PostgresServer standby;
  private static boolean readable;

  @BeforeAll
  static void open() throws IOException, SQLException {
    Installations installations =
        Installations.discover(
            List.of(),
            BranchLab.ARCHIVES,
            Installations.unpackFolder(EngineUser.choose(Optional.empty()), SOURCES.lab().root));
    List<Integer> known =
        installations.majors().tailSet(16).stream().filter(StandbySourceIT::isReadable).toList();
    readable = !known.isEmpty();
    Path bin = installations.exactly(readable ? known.getLast() : 16).bin();
    primary =
        PostgresServer.start(
            bin, SOURCES.lab().root, "admin", "wal_level=logical", "autovacuum=off");
    primary.execute("postgres", "CREATE DATABASE shop");
    primary.execute(
        "shop",
        """
        CREATE TABLE item (id bigserial PRIMARY KEY, name text, price numeric);
        CREATE TABLE calm (id int PRIMARY KEY, body text);
        CREATE UNLOGGED TABLE cache (k int PRIMARY KEY, n serial);
        INSERT INTO item (name, price) SELECT 'item ' || n, n FROM generate_series(1, 5000) n;
        INSERT INTO calm SELECT n, 'calm ' || n FROM generate_series(1, 100) n;
        INSERT INTO cache VALUES (1);
        SELECT lo_from_bytea(101, 'one');
        """);
    standby = PostgresServer.standbyOf(primary, "wal_level=logical", "hot_standby_feedback=on");
  }

  private static boolean isReadable(int major) {
    try {
      return ClientTools.find(major).major() >= major;
    } catch (SourceException e) {
      return false;
    }
  }

  @AfterAll
  static void close() {
    standby.close();
    primary.close();
  }

  @AfterEach
  void clear() throws SQLException, InterruptedException {
    SOURCES.clear();
    primary.execute("shop", "DROP PUBLICATION IF EXISTS coppice");
    awaitReplay();
  }

  @Test
  void itIsFollowed() throws Exception {
    if (!readable) {
      isRefused();
      return;
    }
    primary.execute("shop", PUBLICATION);
    awaitReplay();
    SourceInfo source = whileThePrimaryTells(StandbySourceIT::add);
    assertThat(source.follow()).as("%s", source.fidelity()).isPresent();
    assertThat(source.fidelity())
        .filteredOn(note -> note.object().equals("public.cache"))
        .extracting(FidelityNote::reason)
        .containsExactly("it is unlogged, and a standby has no rows of such tables");
    String slot = source.follow().orElseThrow().slot();
    assertThat(slots(standby)).containsExactly(slot);
    assertThat(slots(primary)).isEmpty();

    primary.execute(
        "shop",
        """
        INSERT INTO item (name, price) SELECT 'new ' || n, n FROM generate_series(1, 3000) n;
        UPDATE item SET price = price + 1 WHERE id % 3 = 0;
        DELETE FROM item WHERE id % 7 = 0;
        """);
    requireEqual("rows");
    primary.execute("shop", "ALTER TABLE item ADD note text DEFAULT 'none'");
    primary.execute("shop", "UPDATE item SET note = 'x' WHERE id % 5 = 0");
    whileThePrimaryTells(() -> {
      requireEqual("altered");
      return slot;
    });

    assertThat(SOURCES.manager().source(BranchLab.SHOP).follow().orElseThrow().slot())
        .as("the first base")
        .isEqualTo(slot);
    clear();
    BranchLab.await("the release", () -> slots(standby).isEmpty());
  }

  @Test
  void itsPrimaryIsToMakeThePublication() throws Exception {
    if (!readable) {
      isRefused();
      return;
    }
    SourceInfo source = add();

    assertThat(source.follow()).isEmpty();
    assertThat(source.fidelity())
        .extracting(FidelityNote::reason)
        .anyMatch(why -> why.contains("on its primary: " + PUBLICATION));
    assertThat(slots(standby)).isEmpty();
  }

  @Test
  void theCheckTellsWhatIsForThePrimary() {
    SourceCheck check = Source.at(SourceAddress.parse(standby.superuserUrl("shop"))).check(true);

    assertThat(check.items())
        .filteredOn(item -> item.what().equals("following: publication"))
        .singleElement()
        .satisfies(item -> assertThat(item.remedy()).contains(PUBLICATION, "on its primary"));
    assertThat(check.items())
        .filteredOn(item -> item.what().equals("following: changes"))
        .singleElement()
        .satisfies(item -> {
          assertThat(item.outcome()).isEqualTo(CheckItem.Outcome.PASSED);
          assertThat(item.detail()).contains("pg_log_standby_snapshot()");
        });
  }

  @Test
  void aSlotThatWaitsForThePrimarySaysSo() throws Exception {
    if (!readable) {
      isRefused();
      return;
    }
    primary.execute("shop", PUBLICATION);
    awaitReplay();
    standby.execute("postgres", "SELECT pg_wal_replay_pause()");
    try (PostgresServer engine =
        PostgresServer.start(primary.bin(), SOURCES.lab().root, "coppice")) {
      FollowWish wish =
          new FollowWish("coppice_waits", Optional.empty(), false, true, Duration.ofSeconds(1));
      SourceException refused =
          catchThrowableOfType(
              SourceException.class,
              () ->
                  Source.at(SourceAddress.parse(standby.superuserUrl("shop")))
                      .pull(
                          new LocalEngine(engine.socketDirectory(), engine.port(), "coppice"),
                          PullOptions.standard().following(wish),
                          event -> {}));

      assertThat(refused.failure()).isEqualTo(SourceFailure.FOLLOW_REFUSED);
      assertThat(refused).hasMessageContaining("On the primary: SELECT pg_log_standby_snapshot()");
      assertThat(slots(standby)).isEmpty();
    } finally {
      standby.execute("postgres", "SELECT pg_wal_replay_resume()");
    }
  }

  private static void isRefused() {
    BranchException refused = catchThrowableOfType(BranchException.class, StandbySourceIT::add);
    assertThat(refused.hint()).contains("postgresql-client-16");
    assertThat(slots(standby)).isEmpty();
  }

  private static SourceInfo add() {
    PullLimits fromReplica = new PullLimits(2, OptionalLong.empty(), Optional.empty(), true);
    return SOURCES
        .manager()
        .addSource(
            new AddSource(
                BranchLab.SHOP,
                SourceAddress.parse(standby.superuserUrl("shop")),
                PullOptions.standard().within(fromReplica),
                Optional.empty(),
                true,
                Optional.empty(),
                false),
            event -> {});
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws Exception;
  }

  /** A standby learns which transactions run only when its primary says so, every 15 s at most. */
  private static <T> T whileThePrimaryTells(Work<T> work) throws Exception {
    CompletableFuture<T> done =
        CompletableFuture.supplyAsync(() -> {
          try {
            return work.run();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    BranchLab.await(
        "what the standby is asked",
        () -> {
          try {
            primary.execute("postgres", "SELECT pg_log_standby_snapshot()");
            return done.isDone();
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
    return done.join();
  }

  /** All that the primary has, since the standby shows it by then. */
  private static void requireEqual(String branch) throws Exception {
    awaitReplay();
    try (Connection there = primary.connect("shop")) {
      SOURCES.manager().createBranch(BranchLab.fresh(branch));
      try (Client here = Client.connect(SOURCES.manager(), branch, "shop", "admin")) {
        for (String table : List.of("item", "calm")) {
          String rows = "SELECT string_agg(t::text, ',' ORDER BY id) FROM " + table + " t";
          boolean equal = here.one(rows).equals(Statements.column(there, rows).getFirst());
          assertThat(equal).as("%s of %s", table, branch).isTrue();
        }
      }
    }
  }

  private static void awaitReplay() throws SQLException, InterruptedException {
    try (Connection there = primary.connect("shop")) {
      String written = Statements.column(there, "SELECT pg_current_wal_lsn()::text").getFirst();
      BranchLab.await("the standby's replay", () -> isReplayed(written));
    }
  }

  private static boolean isReplayed(String position) {
    try (Connection session = standby.connect("shop")) {
      String sql = "SELECT (pg_last_wal_replay_lsn() >= '" + position + "')::text";
      return Statements.column(session, sql).getFirst().equals("true");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> slots(PostgresServer server) {
    try (Connection session = server.connect("postgres")) {
      return Statements.column(session, "SELECT slot_name FROM pg_replication_slots");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
