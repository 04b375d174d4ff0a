package dev.coppice.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.server.client.ApiClient;
import dev.coppice.server.client.ServerAddress;
import dev.coppice.server.failure.ServerException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** {@code coppice serve} in a process of its own, to be killed. */
final class ServedProcess implements AutoCloseable {

  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(3);

  private final Process process;
  private final Path data;
  private final Path log;

  private ServedProcess(Process process, Path data, Path log) {
    this.process = process;
    this.data = data;
    this.log = log;
  }

  /**
   * With the program that the system property {@code coppice.served} names; else with the classes
   * of this build.
   */
  static ServedProcess start(Path directory) throws IOException {
    Path log = directory.resolve("serve.log");
    List<String> command = new ArrayList<>();
    Optional<String> program = Optional.ofNullable(System.getProperty("coppice.served"));
    if (program.isPresent()) {
      command.add(Path.of(program.get()).toAbsolutePath().toString());
    } else {
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("-cp");
      command.add(
          Optional.ofNullable(System.getProperty("surefire.test.class.path"))
              .orElse(System.getProperty("java.class.path")));
      command.add("dev.coppice.server.cli.Coppice");
    }
    command.addAll(
        List.of(
            "serve",
            "--data-dir=" + directory.resolve("data"),
            "--postgres-listen=127.0.0.1:0",
            "--http-listen=127.0.0.1:0",
            "--warm-engines=0"));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(log.toFile()))
            .start();
    return new ServedProcess(process, directory.resolve("data"), log);
  }

  /** SIGKILL, after that time. */
  void killAfter(long millis) throws InterruptedException {
    if (process.waitFor(millis, TimeUnit.MILLISECONDS)) {
      throw new AssertionError("the server ended by itself:\n" + log());
    }
    process.destroyForcibly();
    if (!process.waitFor(1, TimeUnit.MINUTES)) {
      throw new AssertionError("the server has not ended a minute after SIGKILL");
    }
  }

  /** Returns what it answers, once that is as expected. */
  JsonNode await(String path, Predicate<JsonNode> expected) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    String last = "nothing";
    while (System.nanoTime() < deadline) {
      try {
        JsonNode answer =
            new ApiClient(ServerAddress.find(Optional.empty(), data, Map.of())).get(path);
        if (expected.test(answer)) {
          return answer;
        }
        last = answer.toString();
      } catch (ServerException e) {
        last = String.valueOf(e.getMessage());
      }
      if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("the server ended by itself:\n" + log());
      }
    }
    throw new AssertionError(path + " says " + last + "\n" + log());
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Tells it to stop, as a service manager does. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(2, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("the server has not stopped within 2 min:\n" + log());
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
