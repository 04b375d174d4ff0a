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
import org.postgresql.PGConnection;

/** A source called {@code shop}, and the program that follows it, to be killed again and again. */
final class ServedShop implements AutoCloseable {

  static final String PATH = "/v1/sources/shop";
  static final String OWNER = "shop_owner";

  private static final String DATABASE = "shop";

  private static final String TABLES =
      "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'"
          + " AND relnamespace = 'public'::regnamespace ORDER BY 1";

  private final Path directory;
  private final PostgresServer source;

  private ServedShop(Path directory, PostgresServer source) {
    this.directory = directory;
    this.source = source;
  }

  /**
   * @param setup what the owner of the database makes there
   */
  static ServedShop open(String setup) throws IOException, SQLException {
    Path directory = Files.createTempDirectory("coppice-kill-it-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    PostgresServer source =
        PostgresServer.start("postgres", "wal_level=logical", "logical_decoding_work_mem=64kB");
    source.execute("postgres", "CREATE ROLE " + OWNER + " LOGIN");
    source.execute("postgres", "CREATE DATABASE " + DATABASE + " OWNER " + OWNER);
    source.execute(
        DATABASE,
        "GRANT CREATE ON SCHEMA public TO %1$s; SET ROLE %1$s; ".formatted(OWNER) + setup);
    return new ServedShop(directory, source);
  }

  ServedProcess serve() throws IOException {
    return ServedProcess.start(directory);
  }

  /** On the source, as superuser. */
  Connection connect() throws SQLException {
    return source.connect(DATABASE);
  }

  /** Returns the slot's name, which would be another one for another base. */
  String add(ServedProcess server, String... options) throws Exception {
    server.await("/v1/sources", answer -> true);
    List<String> words =
        new ArrayList<>(List.of("source", "add", DATABASE, source.superuserUrl(DATABASE)));
    words.addAll(List.of(options));
    run(words);
    return server.await(PATH, ServedShop::isInStep).get("follow").get("slot").asText();
  }

  static boolean isInStep(JsonNode source) {
    JsonNode follow = source.get("follow");
    return isFollowing(source)
        && follow.hasNonNull("lag_seconds")
        && follow.get("lag_seconds").asDouble() < 1;
  }

  static boolean isFollowing(JsonNode source) {
    return state(source).equals("following");
  }

  static String state(JsonNode source) {
    return source.get("follow").get("state").asText();
  }

  /**
   * Makes a branch that has what the source has now, and compares all tables.
   *
   * @param definitions a query whose answer is to be the same too
   */
  void requireEqual(String definitions, long seed) throws SQLException, IOException {
    String url = run(List.of("branch", "create", "after", "--fresh", "--print-url")).strip();
    String[] parts = url.replace("postgres://", "").split("[:@]", 3);
    try (Connection there = connect();
        Connection here =
            DriverManager.getConnection("jdbc:postgresql://" + parts[2], parts[0], parts[1])) {
      assertThat(texts(here, definitions)).as("seed %d", seed).isEqualTo(texts(there, definitions));
      for (String table : texts(there, TABLES)) {
        boolean equal = rows(here, table).equals(rows(there, table));
        assertThat(equal).as("table %s, seed %d", table, seed).isTrue();
      }
    }
  }

  List<String> slots() throws SQLException {
    try (Connection there = connect()) {
      return texts(there, "SELECT slot_name FROM pg_replication_slots ORDER BY 1");
    }
  }

  static List<String> texts(Connection session, String sql) throws SQLException {
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

  private String run(List<String> words) {
    Ran ran =
        Ran.command(
            List.of("--data-dir", directory.resolve("data").toString()),
            words.toArray(String[]::new));
    assertThat(ran.exit()).as(ran.err()).isZero();
    return ran.out();
  }

  @Override
  public void close() throws IOException {
    try {
      source.close();
    } finally {
      DirectoryTree.delete(directory);
    }
  }
}
