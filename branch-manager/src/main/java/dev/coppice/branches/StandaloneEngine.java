package dev.coppice.branches;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.branches.engine.EngineSettings;
import dev.coppice.branches.engine.Standalone;
import dev.coppice.branches.engine.WriteAheadLog;
import dev.coppice.storage.LogDirectory;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An engine on a plain directory, outside of any store, that also listens on the loopback address:
 * a sample production database, or what a branch is measured against. Not confined to a network
 * namespace; otherwise it runs as branches' engines do.
 */
public final class StandaloneEngine implements AutoCloseable {

  /**
   * @param directory holds everything; made a database if it is none yet, kept on close. The
   *     engines' user must be able to reach it
   * @param major of the server; absent means the newest there is
   * @param port on 127.0.0.1; 0 means any free one
   * @param superuser logs in over TCP with the password (SCRAM-SHA-256)
   * @param settings on top of Postgres's own defaults
   * @param postgresDirectories as of {@link ManagerConfig}
   * @param embeddedArchives as of {@link ManagerConfig}
   * @param engineUser as of {@link ManagerConfig}
   * @param log what the engine is to have in the place of its {@code pg_wal}, as branches' engines
   *     do; empty for that itself
   */
  public record Config(
      Path directory,
      OptionalInt major,
      int port,
      String superuser,
      String password,
      Map<String, String> settings,
      List<Path> postgresDirectories,
      Path embeddedArchives,
      Optional<String> engineUser,
      Optional<Path> log) {

    public Config {
      settings = Map.copyOf(settings);
      postgresDirectories = List.copyOf(postgresDirectories);
    }

    /** With its log where Postgres has it. */
    public Config(
        Path directory,
        OptionalInt major,
        int port,
        String superuser,
        String password,
        Map<String, String> settings,
        List<Path> postgresDirectories,
        Path embeddedArchives,
        Optional<String> engineUser) {
      this(
          directory,
          major,
          port,
          superuser,
          password,
          settings,
          postgresDirectories,
          embeddedArchives,
          engineUser,
          Optional.empty());
    }

    @Override
    public String toString() {
      return "StandaloneEngine.Config[" + directory + "]";
    }
  }

  private final Standalone engine;
  private final Config config;

  private StandaloneEngine(Standalone engine, Config config) {
    this.engine = engine;
    this.config = config;
  }

  /** Returns once it answers. */
  public static StandaloneEngine start(Config config) {
    return new StandaloneEngine(Standalone.start(config), config);
  }

  /** The settings that branches' engines run with, for a fair comparison. */
  public static Map<String, String> branchSettings(int major) {
    return EngineSettings.branch(major);
  }

  /** The settings that a base is filled with; not safe for data that is to be kept. */
  public static Map<String, String> loadSettings(int major) {
    return EngineSettings.load(major);
  }

  /** The log of a branch on a store, for {@link Config#log}. */
  public static LogDirectory branchLog() {
    return new WriteAheadLog();
  }

  /** Majors that {@link Config#major} can be, ascending. */
  public static List<Integer> majors(List<Path> postgresDirectories, Path embeddedArchives) {
    return Standalone.majors(postgresDirectories, embeddedArchives);
  }

  /** A connection string with the password. */
  public String url(String database) {
    return "postgres://%s:%s@127.0.0.1:%d/%s"
        .formatted(encoded(config.superuser), encoded(config.password), port(), encoded(database));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  public int port() {
    return engine.port();
  }

  public int major() {
    return engine.major();
  }

  /** The folder of the socket, on which the superuser is trusted. */
  public Path socketDirectory() {
    return engine.socketDirectory();
  }

  /** The socket's file. */
  public Path socket() {
    return socketDirectory().resolve(".s.PGSQL." + port());
  }

  public long pid() {
    return engine.pid();
  }

  /** Shuts it down in order; the directory stays. */
  @Override
  public void close() {
    engine.stop();
  }
}
