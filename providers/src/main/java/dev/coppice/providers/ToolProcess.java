package dev.coppice.providers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs one of Postgres' client programs to its end. */
final class ToolProcess {

  /**
   * @param output what it wrote on stdout and stderr
   */
  record Outcome(int exitCode, String output) {}

  private final PullScope scope;
  private final Path directory;

  /**
   * @param directory where output is kept while a program runs
   */
  ToolProcess(PullScope scope, Path directory) {
    this.scope = scope;
    this.directory = directory;
  }

  /** Secrets go into the environment, never into the arguments. */
  Outcome run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "tool", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    Map<String, String> variables = builder.environment();
    variables.keySet().removeIf(name -> name.startsWith("PG") && !name.equals("PGSYSCONFDIR"));
    variables.putAll(environment);
    // English messages, which are read by us.
    variables.put("LC_ALL", "C");
    Process process = builder.start();
    scope.add(process);
    try {
      process.getOutputStream().close();
      int exitCode = process.waitFor();
      return new Outcome(exitCode, new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(output);
    }
  }
}
