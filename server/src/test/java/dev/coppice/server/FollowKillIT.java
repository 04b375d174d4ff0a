package dev.coppice.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's process, killed at any moment while it follows a source whose rows and tables
 * change. For long: {@code -Dcoppice.follow.kills=20}.
 */
class FollowKillIT {

  private static final Logger LOG = LoggerFactory.getLogger(FollowKillIT.class);
  private static final long SEED = Long.getLong("coppice.follow.seed", 20_261_123);
  private static final int KILLS = Integer.getInteger("coppice.follow.kills", 2);

  /** In the order in which they were defined. */
  private static final String DEFINITIONS =
      """
      SELECT c.relname || ' ' || c.relkind::text || ' ' || pg_get_userbyid(c.relowner) || ' '
             || coalesce(string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
                           || coalesce(pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY a.attnum), '')
             || coalesce(pg_get_indexdef(i.indexrelid), '')
      FROM pg_class c
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      LEFT JOIN pg_index i ON i.indexrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace
      GROUP BY c.oid, i.indexrelid ORDER BY 1
      """;

  private ServedShop shop;

  @BeforeEach
  void start() throws IOException, SQLException {
    shop = ServedShop.open(DefiningLoad.SETUP);
  }

  @AfterEach
  void stop() throws IOException {
    shop.close();
  }

  @Test
  void noChangeIsLostOrRepeated() throws Exception {
    ServedProcess server = shop.serve();
    try {
      String slot = shop.add(server, "--ddl");
      DefiningLoad load = new DefiningLoad(shop, SEED);
      try (load) {
        Random random = new Random(SEED);
        for (int kill = 1; kill <= KILLS; kill++) {
          kill(server, kill % 2 == 1, random);
          LOG.info("kill {} of {}: {}", kill, KILLS, load);
          server = shop.serve();
        }
      }
      JsonNode follow = server.await(ServedShop.PATH, ServedShop::isInStep).get("follow");
      assertThat(follow.get("slot").asText()).as("the first base").isEqualTo(slot);
      shop.requireEqual(DEFINITIONS, SEED);
    } finally {
      server.close();
    }
  }

  /**
   * @param following whether it has begun to follow; else it may just be starting
   */
  private static void kill(ServedProcess server, boolean following, Random random)
      throws Exception {
    if (following) {
      server.await(ServedShop.PATH, answer -> answer.get("follow").get("changes").asLong() > 0);
    }
    server.killAfter(random.nextInt(following ? 1_500 : 4_000));
  }
}
