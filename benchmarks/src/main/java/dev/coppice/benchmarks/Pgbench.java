package dev.coppice.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Runs Postgres's own load generator. */
record Pgbench(Path program) {

  static final String HOW_TO_INSTALL =
      "pgbench was not found: apt-get install postgresql-contrib (Debian, Ubuntu)";

  private static final Pattern TRANSACTIONS_PER_SECOND =
      Pattern.compile(
          "tps = ([0-9.]+) \\((?:without initial connection time|including reconnection times)\\)");

  private static final Pattern TRANSACTIONS =
      Pattern.compile("number of transactions actually processed: ([0-9]+)");

  /** The newest one on the machine. */
  static Optional<Pgbench> find() throws IOException {
    List<Path> found = new ArrayList<>();
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      found.add(Path.of(directory, "pgbench"));
    }
    Path debian = Path.of("/usr/lib/postgresql");
    if (Files.isDirectory(debian)) {
      try (Stream<Path> majors = Files.list(debian)) {
        majors
            .sorted(Comparator.reverseOrder())
            .map(major -> major.resolve("bin/pgbench"))
            .forEach(found::addFirst);
      }
    }
    return found.stream().filter(Files::isExecutable).findFirst().map(Pgbench::new);
  }

  /**
   * Runs it against a database and returns the transactions per second.
   *
   * @param options pgbench's own, without those of the connection
   */
  double transactionsPerSecond(EngineAddress engine, List<String> options)
      throws IOException, InterruptedException {
    return run(engine, options).transactionsPerSecond();
  }

  /** What a run came to. */
  record Throughput(double transactionsPerSecond, long transactions) {}

  /** Runs it against a database; the options are pgbench's own, without the connection's. */
  Throughput run(EngineAddress engine, List<String> options)
      throws IOException, InterruptedException {
    return run(
        "host=%s port=%d user=%s dbname=%s"
            .formatted(engine.socketDirectory(), engine.port(), engine.user(), engine.database()),
        options);
  }

  /**
   * @param connection a connection string
   */
  Throughput run(String connection, List<String> options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(options);
    command.addAll(List.of("-n", connection));
    String output = output(command);
    return new Throughput(
        Double.parseDouble(figure(TRANSACTIONS_PER_SECOND, output)),
        Long.parseLong(figure(TRANSACTIONS, output)));
  }

  /**
   * Runs it beside the caller, who stops it.
   *
   * @param connection a connection string
   */
  Process start(String connection, List<String> options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(options);
    command.add(connection);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static String figure(Pattern pattern, String output) throws IOException {
    Matcher matcher = pattern.matcher(output);
    if (!matcher.find()) {
      throw new IOException("pgbench reported no throughput: " + output);
    }
    return matcher.group(1);
  }

  /** Runs a program to its end and returns what it printed; fails if it did. */
  static String output(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exit = process.waitFor();
      if (exit != 0) {
        throw new IOException("%s ended with %d: %s".formatted(command.getFirst(), exit, output));
      }
      return output;
    } finally {
      process.destroy();
    }
  }
}
