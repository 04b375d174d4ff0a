package dev.coppice.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.providers.pgoutput.Lsn;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's process, killed at any moment while it follows a source whose tables are altered,
 * which nobody records there: most kills meet a table that is being copied anew. For long: {@code
 * -Dcoppice.follow.kills=20}.
 */
class DriftKillIT {

  private static final Logger LOG = LoggerFactory.getLogger(DriftKillIT.class);
  private static final long SEED = Long.getLong("coppice.follow.seed", 20_261_123);
  private static final int KILLS = Integer.getInteger("coppice.follow.kills", 3);

  private static final String COLUMNS =
      """
      SELECT a.attrelid::regclass || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
             || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
      FROM pg_attribute a
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attnum > 0 AND NOT a.attisdropped
        AND a.attrelid IN ('item'::regclass, 'sale'::regclass, 'calm'::regclass)
      ORDER BY a.attrelid::regclass::text, a.attnum
      """;

  private enum Moment {
    COPYING,
    FOLLOWING,
    STARTING
  }

  private ServedShop shop;

  @BeforeEach
  void start() throws IOException, SQLException {
    shop = ServedShop.open(AlteringLoad.SETUP);
  }

  @AfterEach
  void stop() throws IOException {
    shop.close();
  }

  @Test
  void everyTableIsTheSourcesInTheEnd() throws Exception {
    ServedProcess server = shop.serve();
    try {
      shop.add(server);
      AlteringLoad load = new AlteringLoad(shop, SEED);
      try (load) {
        Random random = new Random(SEED);
        for (int kill = 1; kill <= KILLS; kill++) {
          Moment moment = Moment.values()[(kill - 1) % Moment.values().length];
          kill(server, moment, random);
          LOG.info("kill {} of {}, {}: {}", kill, KILLS, moment, load);
          server = shop.serve();
        }
      }
      Lsn end = end();
      server.await(ServedShop.PATH, answer -> isBehind(answer, end) && onlyItsSlotIsLeft(answer));
      shop.requireEqual(COLUMNS, SEED);
    } finally {
      server.close();
    }
  }

  private static void kill(ServedProcess server, Moment moment, Random random) throws Exception {
    switch (moment) {
      case COPYING -> {
        server.await(ServedShop.PATH, answer -> ServedShop.state(answer).equals("copying"));
        server.killAfter(random.nextInt(400));
      }
      case FOLLOWING -> {
        server.await(ServedShop.PATH, answer -> answer.get("follow").get("changes").asLong() > 0);
        server.killAfter(random.nextInt(1_500));
      }
      case STARTING -> server.killAfter(random.nextInt(4_000));
    }
  }

  private Lsn end() throws SQLException {
    try (Connection there = shop.connect()) {
      return Lsn.parse(ServedShop.texts(there, "SELECT pg_current_wal_lsn()::text").getFirst());
    }
  }

  private static boolean isBehind(JsonNode source, Lsn end) {
    JsonNode follow = source.get("follow");
    return ServedShop.isFollowing(source)
        && follow.hasNonNull("applied_lsn")
        && Lsn.parse(follow.get("applied_lsn").asText()).atLeast(end);
  }

  /** What a pull left behind that was killed goes some time after the next start. */
  private boolean onlyItsSlotIsLeft(JsonNode source) {
    try {
      return shop.slots().equals(List.of(source.get("follow").get("slot").asText()));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
