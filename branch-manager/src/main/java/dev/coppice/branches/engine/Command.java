package dev.coppice.branches.engine;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end and keeps what it printed. */
final class Command {

  /**
   * @param output standard output and standard error, interleaved
   */
  record Result(int exit, String output) {
    boolean succeeded() {
      return exit == 0;
    }
  }

  private Command() {}

  static Result run(List<String> command, Duration timeout) {
    return run(command, Map.of(), timeout);
  }

  static Result run(List<String> command, Map<String, String> environment, Duration timeout) {
    try {
      Path output = Files.createTempFile("coppice-", ".out");
      try {
        return run(command, environment, timeout, output);
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new InterruptedIOException("interrupted: " + command.get(0)));
    } catch (IOException e) {
      return new Result(127, String.valueOf(e.getMessage()));
    }
  }

  private static Result run(
      List<String> command, Map<String, String> environment, Duration timeout, Path output)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Path.of("/").toFile())
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile());
    withCleanEnvironment(builder, environment);
    Process process = builder.start();
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return new Result(124, "no end within " + timeout.toSeconds() + " s");
      }
    } finally {
      process.destroyForcibly();
    }
    String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    return new Result(process.exitValue(), text.strip());
  }

  /** Engines must not inherit {@code PG*}, locale or credential variables of the server. */
  static void withCleanEnvironment(ProcessBuilder builder, Map<String, String> environment) {
    Map<String, String> variables = builder.environment();
    variables.clear();
    variables.put("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    variables.put("LC_ALL", "C");
    variables.putAll(environment);
  }

  /** Finds a program on the system's own path. */
  static Optional<Path> find(String program) {
    return List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin").stream()
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
