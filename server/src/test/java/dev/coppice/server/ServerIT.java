package dev.coppice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.branches.BranchName;
import dev.coppice.branches.DirectoryTree;
import dev.coppice.providers.testing.KitchenSink;
import dev.coppice.providers.testing.PostgresServer;
import dev.coppice.server.cli.Ran;
import dev.coppice.server.config.SettingKey;
import dev.coppice.server.config.Settings;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The whole program with everything real: source, pull, store, engines, proxy, HTTP, commands. */
@TestMethodOrder(OrderAnnotation.class)
class ServerIT {
  private static final long SEED = 20_260_102;

  private static Path directory;
  private static PostgresServer source;
  private static CoppiceServer server;

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("coppice-server-it-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    source = PostgresServer.start("postgres", "max_locks_per_transaction=512");
    KitchenSink.create(source, SEED);
    server = CoppiceServer.start(settings(), Map.of());
  }

  @AfterAll
  static void stop() throws IOException {
    try (PostgresServer last = source;
        CoppiceServer first = server) {
      assertThat(List.of(last, first)).doesNotContainNull();
    } finally {
      DirectoryTree.delete(directory);
    }
  }

  @Test
  @Order(1)
  void aSourceThatCannotBePulledLeavesNothing() {
    Ran wrong = run("source", "add", "sink", source.url("sink_reader", "wrong", "sink"));
    assertThat(wrong.exit()).as(wrong.err()).isEqualTo(4);
    assertThat(wrong.err()).startsWith("error: ").contains("hint: ").doesNotContain("wrong@");

    Ran nobody = run("source", "add", "sink", "postgres://u:p@127.0.0.1:1/sink");
    assertThat(nobody.exit()).isEqualTo(1);
    Ran noUrl = run("source", "add", "sink", "127.0.0.1");
    assertThat(noUrl.exit()).isEqualTo(2);
    Ran unknownHost = run("source", "add", "sink", "postgres://u:p@no-such-host.invalid/sink");
    assertThat(unknownHost.exit()).as(unknownHost.err()).isEqualTo(1);
    assertThat(unknownHost.err()).contains("no-such-host.invalid", "hint: ");
    Ran noTls = run("source", "add", "sink", sinkUrl() + "?sslmode=verify-full");
    assertThat(noTls.exit()).as(noTls.err()).isEqualTo(1);
    assertThat(noTls.err()).contains("encrypted", "hint: ");
    Ran noSlug = run("source", "add", "Sink_1", sinkUrl());
    assertThat(noSlug.exit()).isEqualTo(2);
    Ran noDatabase =
        run("source", "add", "sink", source.url("sink_reader", "reader", "no_such_database"));
    assertThat(noDatabase.exit()).as(noDatabase.err()).isEqualTo(3);

    assertThat(run("source", "list", "-o", "json").out().strip()).isEqualTo("[ ]");
    assertThat(run("branch", "create", "early").exit()).isEqualTo(3);
  }

  @Test
  @Order(1)
  void aSourceThatMayNotBeReadSaysWhatToGrant() throws SQLException {
    source.execute("postgres", "CREATE ROLE weak LOGIN PASSWORD 'weak'");
    source.execute("postgres", "CREATE DATABASE guarded");
    source.execute(
        "guarded",
        """
        CREATE TABLE open (id int); CREATE TABLE "Shut" (id int); CREATE TABLE hidden (id int);
        ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; GRANT SELECT ON open, hidden TO weak;
        """);
    String url = source.url("weak", "weak", "guarded");

    for (Ran ran :
        List.of(
            run("source", "add", "weak", url), Ran.command(List.of(), "source", "check", url))) {
      assertThat(ran.exit()).as(ran.err() + ran.out()).isEqualTo(4);
      assertThat(ran.err() + ran.out())
          .contains("GRANT SELECT ON TABLE public.\"Shut\" TO weak;")
          .contains("public.hidden", "ALTER ROLE weak BYPASSRLS;");
    }
    assertThat(run("source", "list", "-o", "json").out().strip()).isEqualTo("[ ]");
    source.execute("postgres", "DROP DATABASE guarded");
    source.execute("postgres", "DROP ROLE weak");
  }

  @Test
  @Order(2)
  void aSourceIsPulledAsAnOrdinaryRole() {
    Ran added = run("source", "add", "sink", sinkUrl());

    assertThat(added.exit()).as(added.err()).isZero();
    assertThat(added.err()).contains("copy\n", "rows");
    assertThat(added.out()).contains("sink", "ready", "fidelity").doesNotContain(":reader@");
    assertThat(run("source", "add", "sink", sinkUrl()).exit()).isEqualTo(5);
  }

  @Test
  @Order(3)
  void aBranchDumpsAsItsSourceDoes() throws Exception {
    String url = created("whole", "--access", "superuser");

    String[] schema = {
      "--schema-only", "--no-publications", "--no-subscriptions", "--no-security-labels"
    };
    assertThat(comparable(dump(url, schema)))
        .isEqualTo(comparable(source.dump(KitchenSink.DATABASE, schema)));
    String[] rows = {"--data-only", "--disable-triggers"};
    assertThat(comparable(dump(url, rows)))
        .isEqualTo(comparable(source.dump(KitchenSink.DATABASE, rows)));
  }

  @Test
  @Order(4)
  void branchesDoNotSeeEachOther() throws Exception {
    String one = created("one");
    String two = created("two", "--from", "sink");
    execute(one, "CREATE TABLE public.mine AS SELECT generate_series(1, 1000) AS n");
    String child = created("child", "--from", "one", "--ttl", "1h");
    execute(one, "DELETE FROM public.mine WHERE n > 10");

    assertThat(query(one, "SELECT count(*) FROM public.mine")).isEqualTo("10");
    assertThat(query(child, "SELECT count(*) FROM public.mine")).isEqualTo("1000");
    assertThat(query(two, "SELECT to_regclass('public.mine')")).isNull();
    assertThat(
            query(
                one,
                "SELECT current_user || ' ' || rolsuper FROM pg_roles"
                    + " WHERE rolname = current_user"))
        .isEqualTo("sink_owner false");

    assertThat(run("branch", "suspend", "child").out()).contains("suspended");
    assertThat(query(child, "SELECT count(*) FROM public.mine")).isEqualTo("1000");
    assertThat(run("branch", "reset", "one").exit()).isZero();
    assertThat(query(one, "SELECT to_regclass('public.mine')")).isNull();
  }

  @Test
  @Order(5)
  void wrongUseEndsWithTheExitCodeThatScriptsRelyOn() {
    assertThat(run("branch", "create", "one").exit()).isEqualTo(5);
    assertThat(run("branch", "create", "one", "--if-not-exists").exit()).isZero();
    assertThat(run("branch", "create", "No Slug").exit()).isEqualTo(2);
    assertThat(run("branch", "create", "x", "--from", "nothing").exit()).isEqualTo(3);
    assertThat(run("branch", "create", "x", "--from", "sink@nothing").exit()).isEqualTo(3);
    assertThat(run("branch", "create", "x", "--ttl", "soon").exit()).isEqualTo(2);
    assertThat(run("branch", "delete", "nothing").exit()).isEqualTo(3);
    assertThat(run("url", "nothing").exit()).isEqualTo(3);
    assertThat(run("source", "remove", "sink").exit()).isEqualTo(5);
    assertThat(run("store", "check").out()).contains("sound");
    assertThat(run("store", "status").out()).contains("deleting");
    assertThat(run("store", "check", "--space").out()).contains("books and disk agree");
  }

  @Test
  @Order(5)
  void psqlOpensWhatItsOwnOptionsName() {
    Path answer = directory.resolve("answer");
    String data = directory.resolve("data").toString();
    String sql = "SELECT current_database() || ' ' || current_user";
    for (List<String> more : List.of(List.<String>of(), List.of("-d", "postgres"))) {
      List<String> psql = new ArrayList<>(List.of("psql", "one", "--data-dir", data, "--"));
      psql.addAll(List.of("-X", "-A", "-t", "-o", answer.toString(), "-c", sql));
      psql.addAll(more);

      assertThat(Ran.command(List.of(), psql.toArray(String[]::new)).exit()).isZero();
      assertThat(answer).hasContent((more.isEmpty() ? "sink" : "postgres") + " sink_owner");
    }
  }

  @Test
  @Order(5)
  void clientsCanVerifyTheServer() throws Exception {
    Path file = directory.resolve("trusted.pem");
    Ran ca = run("ca");
    assertThat(ca.exit()).as(ca.err()).isZero();
    Files.writeString(file, ca.out());
    String plain = server.url(new BranchName("one"));
    String verified =
        plain
            .replace("127.0.0.1", "localhost")
            .replace("sslmode=disable", "sslmode=verify-full&sslrootcert=" + file);
    assertThat(verified).isNotEqualTo(plain);
    assertThat(query(verified, "SELECT 1")).isEqualTo("1");
    Files.writeString(file, "");
    assertThat(stateOf(verified)).isNotNull();
  }

  @Test
  @Order(6)
  void theWireTellsWhatIsWrong() throws Exception {
    String url = server.url(new BranchName("one"));
    assertThat(stateOf(url.replace(".one:", ".nothing:"))).isEqualTo("3D000");
    assertThat(stateOf(url.replaceFirst(":[^:@/]+@", ":wrong@"))).isEqualTo("28P01");
    assertThat(stateOf(url.replace("sink_owner.one", "nobody.one"))).startsWith("28");
    // Not a startup packet, and one that claims to be larger than any may be.
    byte[] garbage = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] oversized = ByteBuffer.allocate(8).putInt(1 << 30).putInt(196_608).array();
    for (byte[] bytes : List.of(garbage, oversized)) {
      assertThat(sent(bytes).length).isLessThan(1000);
    }
    assertThat(query(url, "SELECT 1")).isEqualTo("1");
  }

  @Test
  @Order(6)
  void aResetEndsSessionsAndSaysWhy() throws Exception {
    String url = created("brief");
    for (String operation : List.of("reset", "suspend", "delete")) {
      try (Connection idle = connect(url);
          Connection busy = connect(url);
          Statement sleep = busy.createStatement()) {
        CompletableFuture<SQLException> slept =
            CompletableFuture.supplyAsync(() ->
                catchThrowableOfType(
                    SQLException.class, () -> sleep.execute("SELECT pg_sleep(3600)")));
        assertThat(run("branch", operation, "brief").exit()).isZero();
        SQLException rested =
            catchThrowableOfType(
                SQLException.class, () -> idle.createStatement().execute("SELECT 1"));
        for (SQLException told : List.of(rested, slept.get())) {
          assertThat(told.getSQLState()).as(told.getMessage()).isEqualTo("57P01");
          assertThat(told.getMessage())
              .contains("terminating connection because branch \"brief\" is being")
              .contains(operation.equals("suspend") ? "suspended" : operation);
        }
      }
      if (!operation.equals("delete")) {
        assertThat(query(url, "SELECT 1")).isEqualTo("1");
      }
    }
    assertThat(stateOf(url)).isEqualTo("3D000");
  }

  @Test
  @Order(7)
  void aSecondServerIsRefused() {
    ServerException thrown =
        catchThrowableOfType(
            ServerException.class, () -> CoppiceServer.start(settings(), Map.of()));

    assertThat(thrown.failure()).isEqualTo(ServerFailure.DATA_DIRECTORY_IN_USE);
    assertThat(query("one")).isEqualTo("1");
  }

  @Test
  @Order(8)
  void aRestartKeepsBranchesAndData() throws Exception {
    String url = server.url(new BranchName("two"));
    execute(url, "CREATE TABLE public.kept AS SELECT 42 AS n");
    server.close();
    assertThat(run("branch", "list").exit()).isEqualTo(1);

    server = CoppiceServer.start(settings(), Map.of());

    assertThat(run("branch", "list").out()).contains("one", "two", "child", "whole");
    String again = server.url(new BranchName("two"));
    assertThat(query(again, "SELECT n FROM public.kept")).isEqualTo("42");
    for (String branch : List.of("child", "one", "two", "whole")) {
      assertThat(run("branch", "delete", branch).exit()).isZero();
    }
    assertThat(run("source", "remove", "sink").exit()).isZero();
  }

  private static Settings settings() {
    return TestSettings.in(directory, SettingKey.ALLOW_SUPERUSER, "true");
  }

  private static String sinkUrl() {
    return source.url(KitchenSink.READER, KitchenSink.READER_PASSWORD, KitchenSink.DATABASE);
  }

  private static Ran run(String... arguments) {
    return Ran.command(List.of("--data-dir", directory.resolve("data").toString()), arguments);
  }

  /** Creates a branch and returns its URL. */
  private static String created(String name, String... options) {
    List<String> arguments = new ArrayList<>(List.of("branch", "create", name, "--print-url"));
    arguments.addAll(Arrays.asList(options));
    Ran ran = run(arguments.toArray(String[]::new));
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo(run("url", name).out());
    return ran.out().strip();
  }

  private static String dump(String url, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(source.bin().resolve("pg_dump").toString());
    command.addAll(Arrays.asList(options));
    command.add(url);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.startsWith("\\restrict ") && !line.startsWith("\\unrestrict "))
            .collect(Collectors.joining("\n"));
    assertThat(process.waitFor()).isZero();
    return text;
  }

  /** Without user mappings, which a pull leaves out and says so, and without minor versions. */
  private static String comparable(String dump) {
    return dump.replaceAll(
            "--\n-- Name: USER MAPPING .*\n--\n\nCREATE USER MAPPING [^;]*;\n\n\n", "")
        .replaceAll("-- Dumped (from|by) .*\n", "");
  }

  private static String query(String branch) {
    try {
      return query(server.url(new BranchName(branch)), "SELECT 1");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static String query(String url, String sql) throws SQLException {
    try (Connection connection = connect(url);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  private static void execute(String url, String sql) throws SQLException {
    try (Connection connection = connect(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Connection connect(String url) throws SQLException {
    String[] parts = url.replace("postgres://", "").split("[:@]", 3);
    return DriverManager.getConnection("jdbc:postgresql://" + parts[2], parts[0], parts[1]);
  }

  private static String stateOf(String url) {
    return catchThrowableOfType(SQLException.class, () -> connect(url).close()).getSQLState();
  }

  private static byte[] sent(byte[] bytes) throws IOException {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), server.postgresAddress().getPort())) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
      InputStream in = socket.getInputStream();
      return in.readAllBytes();
    }
  }
}
