package dev.coppice.providers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The source's schema as {@code pg_dump} tells it, restored in steps. */
final class SchemaArchive {

  private final ClientTools tools;
  private final ToolProcess processes;
  private final LocalSessions engine;
  private final String database;
  private final Path directory;
  private final Path archive;
  private List<TocEntry> entries = List.of();

  SchemaArchive(
      ClientTools tools,
      ToolProcess processes,
      LocalSessions engine,
      String database,
      Path directory) {
    this.tools = tools;
    this.processes = processes;
    this.engine = engine;
    this.database = database;
    this.directory = directory;
    this.archive = directory.resolve("schema.dump");
  }

  void dump(ConnectionUrl source, String snapshot, PullExtent extent)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(extent.arguments());
    command.addAll(
        0,
        List.of(
            tools.pgDump().toString(),
            "--format=custom",
            "--schema-only",
            "--snapshot=" + snapshot,
            "--no-publications",
            "--no-subscriptions",
            "--no-security-labels",
            "--no-tablespaces",
            "--lock-wait-timeout=" + SnapshotSession.LOCK_WAIT,
            "--no-password",
            "--file=" + archive));
    ToolProcess.Outcome dump = processes.run(command, source.environment());
    if (dump.exitCode() != 0) {
      throw new SourceException(
          dump.output().contains("permission denied")
              ? SourceFailure.PERMISSION_DENIED
              : SourceFailure.PULL_FAILED,
          "pg_dump could not read the schema of " + source + ": " + dump.output().strip(),
          "Run the source's check, and do what it says.");
    }
    // Without --create the list would hide what belongs to the database as a whole.
    List<String> listing =
        List.of(tools.pgRestore().toString(), "--list", "--create", archive.toString());
    ToolProcess.Outcome list = processes.run(listing, Map.of());
    if (list.exitCode() != 0) {
      throw failed("pg_restore could not list the schema", list);
    }
    entries = TocEntry.parse(list.output());
  }

  List<TocEntry> entries() {
    return entries;
  }

  /** Types, tables, functions, views; returns what could not be restored. */
  List<RestoreLog.Failure> restoreBeforeRows(Predicate<TocEntry> kept)
      throws IOException, InterruptedException {
    return restore(
        kept.and(entry -> !entry.isOfDatabase()), List.of("--section=pre-data"), Map.of());
  }

  /** Indexes, constraints, triggers, policies. */
  List<RestoreLog.Failure> restoreAfterRows(Predicate<TocEntry> kept, int jobs, String... settings)
      throws IOException, InterruptedException {
    return restore(
        kept.and(entry -> !entry.isOfDatabase()),
        List.of("--section=post-data", "--jobs=" + jobs),
        engine.environment(database, settings));
  }

  /** The database's settings, grants and comment, which would get in the way before. */
  List<RestoreLog.Failure> restoreDatabaseProperties() throws IOException, InterruptedException {
    List<RestoreLog.Failure> failures =
        restore(TocEntry::isOfDatabase, List.of("--create"), Map.of());
    // --create insists on creating what is there already, and goes on.
    return failures.stream()
        .filter(failure -> !failure.reason().matches("database \".*\" already exists"))
        .toList();
  }

  private List<RestoreLog.Failure> restore(
      Predicate<TocEntry> kept, List<String> arguments, Map<String, String> settings)
      throws IOException, InterruptedException {
    List<String> lines =
        sectioned(
            entries.stream().filter(entry -> !entry.isDatabaseItself()).filter(kept).toList());
    if (lines.isEmpty()) {
      return List.of();
    }
    Path list = directory.resolve("restore.list");
    Files.write(list, lines, StandardCharsets.UTF_8);
    List<String> command = new ArrayList<>();
    command.add(tools.pgRestore().toString());
    command.addAll(arguments);
    command.addAll(
        List.of("--no-password", "--no-tablespaces", "--use-list=" + list, "--dbname=" + database));
    command.add(archive.toString());
    Map<String, String> environment = new LinkedHashMap<>(engine.environment(database));
    environment.putAll(settings);
    ToolProcess.Outcome outcome = processes.run(command, environment);
    if (EngineFailure.diskFull(outcome.output())) {
      throw EngineFailure.localDiskFull(new IOException(outcome.output().strip()));
    }
    List<RestoreLog.Failure> failures = RestoreLog.failures(outcome.output());
    if (outcome.exitCode() != 0 && failures.isEmpty() && !harmless(outcome)) {
      throw failed("pg_restore could not restore the schema", outcome);
    }
    return failures;
  }

  /**
   * pg_restore takes a comment or a grant for a part of the section in which the entry before it
   * is, so none of them may come first.
   */
  private static List<String> sectioned(List<TocEntry> chosen) {
    int first = 0;
    while (first < chosen.size() && chosen.get(first).hasNoSection()) {
      first++;
    }
    List<TocEntry> ordered = new ArrayList<>(chosen);
    if (first < chosen.size()) {
      ordered.add(0, ordered.remove(first));
    }
    return ordered.stream().map(TocEntry::line).toList();
  }

  private static boolean harmless(ToolProcess.Outcome outcome) {
    return outcome.output().contains("errors ignored on restore");
  }

  private static SourceException failed(String what, ToolProcess.Outcome outcome) {
    return new SourceException(
        SourceFailure.PULL_FAILED,
        what + " (exit code " + outcome.exitCode() + "): " + outcome.output().strip(),
        "Look for the engine's own message in its log.");
  }
}
