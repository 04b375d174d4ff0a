package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One start of an engine: the process, then the wait until it answers.
 *
 * @param fixed settings that come last and so override those of {@code start}
 * @param withoutNetwork whether it gets an empty network namespace
 */
record Launch(
    EngineStart start,
    Confinement confinement,
    boolean withoutNetwork,
    Path socketDirectory,
    int port,
    String superuser,
    Map<String, String> fixed,
    EngineLog log) {

  private static final Duration LEAST_PATIENCE = Duration.ofMillis(10);
  private static final Duration MOST_PATIENCE = Duration.ofMillis(100);

  /**
   * Tries again where an engine met a full disk and there is room by now: the kernel tells of a
   * write-back that failed once more to the next who opens the file, one file after the other.
   */
  Engine run() {
    long began = System.nanoTime();
    while (true) {
      try {
        return attempt();
      } catch (BranchException e) {
        if (e.failure() != BranchFailure.DISK_FULL
            || FullDisk.now(start.data(), socketDirectory)
            || System.nanoTime() - began > start.timeout().toNanos()) {
          throw e;
        }
      }
    }
  }

  private Engine attempt() {
    Path socket = socketDirectory.resolve(".s.PGSQL." + port);
    Engine engine = new Engine(start.name(), process(socket), socket, log);
    boolean hurries =
        start.urgent()
            && (Scheduling.URGENT.apply(engine.pid()) || Scheduling.HASTY.apply(engine.pid()));
    boolean ready = false;
    try {
      awaitReady(engine);
      ready = true;
      if (hurries) {
        Scheduling.USUAL.applyAll(engine.pid());
      }
    } finally {
      if (!ready) {
        engine.stopNow();
      }
    }
    return engine;
  }

  private Process process(Path socket) {
    try {
      Files.createDirectories(socketDirectory);
      confinement.user().own(socketDirectory);
      Files.setPosixFilePermissions(socketDirectory, PosixFilePermissions.fromString("rwx------"));
      Files.deleteIfExists(socket);
      log.begin();
      ProcessBuilder builder =
          new ProcessBuilder(confinement.wrap(commandLine(), withoutNetwork, ownLog()))
              .directory(Path.of("/").toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.file().toFile()));
      Command.withCleanEnvironment(builder, Map.of());
      return builder.start();
    } catch (IOException e) {
      throw new BranchException(
          BranchFailure.ENGINE_START_FAILED,
          "Engine %s could not be started: %s".formatted(start.name(), e),
          "Check the free space, the memory and the limit on processes of this machine.",
          e);
    }
  }

  private Optional<Confinement.Bind> ownLog() {
    return start
        .log()
        .map(log -> new Confinement.Bind(log, start.data().resolve(WriteAheadLog.NAME)));
  }

  private List<String> commandLine() {
    List<String> command = new ArrayList<>();
    command.add(start.installation().program("postgres"));
    command.add("-D");
    command.add(start.data().toString());
    start.settings().forEach((name, value) -> setting(command, name, value));
    fixed.forEach((name, value) -> setting(command, name, value));
    setting(command, "port", String.valueOf(port));
    setting(command, "unix_socket_directories", socketDirectory.toString());
    setting(command, "unix_socket_permissions", "0700");
    setting(command, "log_destination", "stderr");
    setting(command, "logging_collector", "off");
    return command;
  }

  private static void setting(List<String> command, String name, String value) {
    command.add("-c");
    command.add(name + "=" + value);
  }

  private void awaitReady(Engine engine) {
    StartupProbe probe = new StartupProbe(engine.socket(), superuser, start.database());
    long began = System.nanoTime();
    while (probe.ask() != StartupProbe.Answer.READY) {
      if (!engine.alive()) {
        throw failed("it ended");
      }
      long waited = System.nanoTime() - began;
      if (waited > start.timeout().toNanos()) {
        throw new BranchException(
            BranchFailure.ENGINE_START_TIMEOUT,
            "Engine %s did not answer within %d s. Its last lines:%n%s"
                .formatted(start.name(), start.timeout().toSeconds(), log.tail()),
            "It may be recovering after a crash; try again.");
      }
      awaitNews(engine, waited);
    }
  }

  /**
   * Every question costs the engine a process, which its start would have to share the processors
   * with: one is worth it when the engine has logged something, as it does when it is ready, or
   * after a while.
   */
  private void awaitNews(Engine engine, long waitedNanos) {
    long known = log.bytes();
    long patience = Math.clamp(waitedNanos / 4, LEAST_PATIENCE.toNanos(), MOST_PATIENCE.toNanos());
    long began = System.nanoTime();
    try {
      do {
        Thread.sleep(1);
      } while (log.bytes() == known && engine.alive() && System.nanoTime() - began < patience);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BranchException(
          BranchFailure.SHUTTING_DOWN,
          "An engine's start was interrupted",
          "Try again once the server runs.",
          e);
    }
  }

  private BranchException failed(String why) {
    if (FullDisk.explains(log.tail(), start.data(), socketDirectory)) {
      return FullDisk.failure("Engine " + start.name() + " did not start");
    }
    return new BranchException(
        BranchFailure.ENGINE_START_FAILED,
        "Engine %s (PostgreSQL %s) did not start: %s. Its last lines:%n%s"
            .formatted(start.name(), start.installation().version(), why, log.tail()),
        "The lines above say what the engine lacks.");
  }
}
