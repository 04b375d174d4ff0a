package dev.coppice.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.branches.DirectoryTree;
import dev.coppice.providers.testing.PostgresServer;
import dev.coppice.server.cli.Ran;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
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
  private static final String SOURCE = "/v1/sources/shop";

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

  private Path directory;
  private PostgresServer source;

  @BeforeEach
  void start() throws IOException, SQLException {
    directory = Files.createTempDirectory("coppice-kill-it-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    source =
        PostgresServer.start("postgres", "wal_level=logical", "logical_decoding_work_mem=64kB");
    source.execute("postgres", "CREATE ROLE shop_owner LOGIN");
    source.execute("postgres", "CREATE DATABASE shop OWNER shop_owner");
    source.execute(
        "shop",
        "GRANT CREATE ON SCHEMA public TO shop_owner; SET ROLE shop_owner; " + DefiningLoad.SETUP);
  }

  @AfterEach
  void stop() throws IOException {
    try {
      source.close();
    } finally {
      DirectoryTree.delete(directory);
    }
  }

  @Test
  void noChangeIsLostOrRepeated() throws Exception {
    ServedProcess server = ServedProcess.start(directory);
    try {
      String slot = add(server);
      DefiningLoad load = new DefiningLoad(source, "shop", "shop_owner", SEED);
      try (load) {
        Random random = new Random(SEED);
        for (int kill = 1; kill <= KILLS; kill++) {
          kill(server, kill % 2 == 1, random);
          LOG.info("kill {} of {}: {}", kill, KILLS, load);
          server = ServedProcess.start(directory);
        }
      }
      JsonNode follow = server.await(SOURCE, FollowKillIT::isInStep).get("follow");
      assertThat(follow.get("slot").asText()).as("the first base").isEqualTo(slot);
      Ran created = run("branch", "create", "after", "--fresh", "--print-url");
      assertThat(created.exit()).as(created.err()).isZero();
      requireEqual(created.out().strip());
    } finally {
      server.close();
    }
  }

  /** Returns the slot's name, which would be another one for another base. */
  private String add(ServedProcess server) throws Exception {
    server.await("/v1/sources", answer -> true);
    Ran added = run("source", "add", "shop", source.superuserUrl("shop"), "--ddl");
    assertThat(added.exit()).as(added.err()).isZero();
    return server.await(SOURCE, FollowKillIT::isInStep).get("follow").get("slot").asText();
  }

  /**
   * @param following whether it has begun to follow; else it may just be starting
   */
  private static void kill(ServedProcess server, boolean following, Random random)
      throws Exception {
    if (following) {
      server.await(SOURCE, answer -> answer.get("follow").get("changes").asLong() > 0);
    }
    server.killAfter(random.nextInt(following ? 1_500 : 4_000));
  }

  private static boolean isInStep(JsonNode source) {
    JsonNode follow = source.get("follow");
    return follow.get("state").asText().equals("following")
        && follow.hasNonNull("lag_seconds")
        && follow.get("lag_seconds").asDouble() < 1;
  }

  private void requireEqual(String url) throws SQLException, IOException {
    String[] parts = url.replace("postgres://", "").split("[:@]", 3);
    try (Connection there = source.connect("shop");
        Connection here =
            DriverManager.getConnection("jdbc:postgresql://" + parts[2], parts[0], parts[1])) {
      assertThat(texts(here, DEFINITIONS)).as("seed %d", SEED).isEqualTo(texts(there, DEFINITIONS));
      for (String table :
          texts(
              there,
              "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'"
                  + " AND relnamespace = 'public'::regnamespace ORDER BY 1")) {
        boolean equal = rows(here, table).equals(rows(there, table));
        assertThat(equal).as("table %s, seed %d", table, SEED).isTrue();
      }
    }
  }

  private static List<String> texts(Connection session, String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Statement statement = session.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  private static String rows(Connection session, String table) throws SQLException, IOException {
    StringWriter out = new StringWriter();
    session
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyOut("COPY (SELECT * FROM public." + table + " ORDER BY id) TO STDOUT", out);
    return out.toString();
  }

  private Ran run(String... arguments) {
    return Ran.command(List.of("--data-dir", directory.resolve("data").toString()), arguments);
  }
}
