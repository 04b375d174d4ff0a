package dev.coppice.branches.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.DirectoryTree;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Starts engines below one run directory: a directory of mode 0700 for each one's socket, no other
 * way in. One process at a time may use a run directory.
 */
public final class EngineHost {

  /** The bootstrap superuser of every engine; nobody but this program and a superuser's client. */
  public static final String SUPERUSER = "coppice";

  public static final int PORT = 5432;

  private static final String SOCKET_FILE = ".s.PGSQL." + PORT;

  /** {@code sockaddr_un.sun_path} less its final zero byte (unix(7)). */
  private static final int LONGEST_SOCKET_PATH_BYTES = 107;

  static final String PID_FILE = "postmaster.pid";

  private static final Duration REMOVAL_TIMEOUT = Duration.ofSeconds(30);

  private final Confinement confinement;
  private final Path sockets;
  private final Path logs;
  private final Path hba;
  private final Map<String, EngineLog> running = new ConcurrentHashMap<>();

  private EngineHost(Confinement confinement, Path sockets, Path logs, Path hba) {
    this.confinement = confinement;
    this.sockets = sockets;
    this.logs = logs;
    this.hba = hba;
  }

  /** Prepares the directories, and stops engines that a killed predecessor left. */
  public static EngineHost open(Confinement confinement, Path runDirectory, Path logDirectory) {
    Path sockets = runDirectory.resolve("engines");
    Path hba = runDirectory.resolve("hba.conf");
    try {
      Files.createDirectories(logDirectory);
      Files.createDirectories(sockets);
      Files.setPosixFilePermissions(sockets, PosixFilePermissions.fromString("rwx--x--x"));
      // Who can enter the socket's directory is trusted; the proxy has checked who the client is.
      Files.writeString(hba, "local all all trust\nlocal replication all trust\n");
      Files.setPosixFilePermissions(hba, PosixFilePermissions.fromString("rw-r--r--"));
    } catch (IOException e) {
      throw new BranchException(
          BranchFailure.ENGINE_START_FAILED,
          "The run directory %s cannot be used: %s".formatted(runDirectory, e),
          "Give a directory that this program may write to.",
          e);
    }
    if (!confinement.canReach(sockets)) {
      throw new BranchException(
          BranchFailure.ENGINE_START_FAILED,
          "The engines' user \"%s\" cannot reach the run directory %s"
              .formatted(confinement.user().name(), runDirectory),
          "Give a run directory below /run or /tmp, or let others enter its parents (chmod o+x).");
    }
    EngineHost host = new EngineHost(confinement, sockets, logDirectory, hba);
    Orphans.stop(sockets);
    return host;
  }

  public EngineUser user() {
    return confinement.user();
  }

  public boolean ownNetwork() {
    return confinement.ownNetwork();
  }

  /**
   * What a branch's engine is to have in the place of its {@code pg_wal}; empty for that itself.
   */
  public Optional<Path> log(PageStore store, BranchId branch) {
    return confinement.ownMounts() ? store.detachLog(branch) : store.attachLog(branch);
  }

  /** Returns once the engine answers; throws with its last log lines if it does not. */
  public Engine start(EngineStart start) {
    EngineLog log = new EngineLog(logs.resolve(start.name() + ".log"));
    Map<String, String> fixed =
        Map.of("listen_addresses", "", "hba_file", hba.toString(), "cluster_name", start.name());
    Engine engine =
        new Launch(start, confinement, true, directory(start.name()), PORT, SUPERUSER, fixed, log)
            .run();
    running.put(start.name(), log);
    var _ = engine.ended().thenAccept(ended -> running.remove(start.name(), log));
    return engine;
  }

  /**
   * Removes the pid file that an engine leaves which was killed: nobody else can run on this
   * PGDATA, and Postgres would take a recycled pid for an engine. Another process removes it, for
   * the reason that {@link PageStore#read} gives.
   */
  public void removeStalePid(PageStore store, BranchId branch) {
    if (store.read(branch, PID_FILE, 0).isEmpty()) {
      return;
    }
    String file = store.path(branch).resolve(PID_FILE).toString();
    Command.Result removed =
        Command.run(confinement.wrap(List.of("rm", "-f", file), false), REMOVAL_TIMEOUT);
    if (!removed.succeeded()) {
      throw new BranchException(
          BranchFailure.ENGINE_START_FAILED,
          "The file %s of an engine that was killed cannot be removed: %s"
              .formatted(file, removed.output()),
          "Remove it, and connect again.");
    }
  }

  private Path directory(String name) {
    Path directory = sockets.resolve(name);
    requireShort(directory.resolve(SOCKET_FILE));
    return directory;
  }

  static void requireShort(Path socket) {
    int length = socket.toString().getBytes(UTF_8).length;
    if (length > LONGEST_SOCKET_PATH_BYTES) {
      throw new BranchException(
          BranchFailure.ENGINE_START_FAILED,
          "The socket path %s would have %d bytes; the kernel allows %d"
              .formatted(socket, length, LONGEST_SOCKET_PATH_BYTES),
          "Configure a shorter run directory.");
    }
  }

  /** Removes what an engine that will not be started again has left beside its PGDATA. */
  public void forget(String name) {
    try {
      DirectoryTree.delete(sockets.resolve(name));
      Files.deleteIfExists(logs.resolve(name + ".log"));
      Files.deleteIfExists(logs.resolve(name + ".log.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps the logs of running engines from growing without bound; to be called now and then. */
  public void boundLogs() {
    running.values().forEach(EngineLog::bound);
  }

  /** Makes an empty directory a PGDATA. */
  public EngineLocale initialise(Installation installation, Path data, EngineLocale wished) {
    return new Initialisation(confinement, installation, data, SUPERUSER).run(wished);
  }
}
