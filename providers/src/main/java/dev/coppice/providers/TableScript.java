package dev.coppice.providers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What {@code pg_dump} makes single tables with. */
final class TableScript {

  private final int major;
  private final ToolProcess processes;
  private final Path directory;

  /**
   * @param directory for what is in the making
   */
  TableScript(int major, PullScope scope, Path directory) {
    this.major = major;
    this.processes = new ToolProcess(scope, directory);
    this.directory = directory;
  }

  /** The tables alone, then what is better made once they have rows. */
  record Sections(String beforeRows, String afterRows) {}

  /** One script for all of them, since they may refer to each other. */
  Sections of(ConnectionUrl source, String snapshot, Collection<TableName> tables)
      throws IOException, InterruptedException {
    return new Sections(
        dump(source, snapshot, tables, "pre-data"), dump(source, snapshot, tables, "post-data"));
  }

  private String dump(
      ConnectionUrl source, String snapshot, Collection<TableName> tables, String section)
      throws IOException, InterruptedException {
    Path script = directory.resolve(section + ".sql");
    List<String> command =
        new ArrayList<>(
            List.of(
                ClientTools.find(major).pgDump().toString(),
                "--format=plain",
                "--schema-only",
                "--section=" + section,
                "--strict-names",
                "--encoding=UTF8",
                "--snapshot=" + snapshot,
                "--no-publications",
                "--no-subscriptions",
                "--no-security-labels",
                "--no-tablespaces",
                "--lock-wait-timeout=" + SnapshotSession.LOCK_WAIT_BEHIND_OURS,
                "--no-password",
                "--file=" + script));
    tables.forEach(table -> command.add("--table=" + table.quoted()));
    ToolProcess.Outcome outcome = processes.run(command, source.environment());
    if (outcome.exitCode() != 0) {
      throw new SourceException(
          SourceFailure.FOLLOW_FAILED,
          "pg_dump could not read new tables of " + source + ": " + outcome.output().strip(),
          "It is tried again.");
    }
    return statements(Files.readString(script, StandardCharsets.UTF_8));
  }

  /** Without what is for psql, and what older servers do not know. */
  static String statements(String script) {
    StringBuilder kept = new StringBuilder();
    boolean begun = false;
    for (String line : script.split("\n", -1)) {
      boolean ofPsql = line.startsWith("\\restrict ") || line.startsWith("\\unrestrict ");
      boolean setting = !begun && line.startsWith("SET transaction_timeout ");
      begun |= line.startsWith("CREATE ") || line.startsWith("ALTER ");
      if (!ofPsql && !setting) {
        kept.append(line).append('\n');
      }
    }
    return kept.toString();
  }
}
