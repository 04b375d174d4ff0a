package dev.coppice.providers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads from what {@code pg_restore} prints which entries it could not restore. */
final class RestoreLog {

  /**
   * @param kind in the words of the table of contents, lower case
   */
  record Failure(String kind, String object, String reason) {}

  private static final Pattern ENTRY =
      Pattern.compile("pg_restore: from TOC entry \\d+; \\d+ \\d+ (.*)");
  private static final Pattern KIND = Pattern.compile("((?:[A-Z]{2,} ?)+?) (.*)");
  private static final String ERROR = "pg_restore: error: ";
  private static final String COMMAND = "Command was: ";

  /** Several jobs at once do not say which entry it was. */
  private static final Pattern MADE =
      Pattern.compile(
          "CREATE (?:UNIQUE )?(INDEX|TRIGGER|POLICY|RULE|STATISTICS) (.*?)(?: USING .*| AS .*|;.*)?");

  private static final Pattern ADDED =
      Pattern.compile("ALTER TABLE (?:ONLY )?(.*) ADD CONSTRAINT (\"[^\"]*\"|\\S+) .*");

  private RestoreLog() {}

  static List<Failure> failures(String output) {
    List<Failure> failures = new ArrayList<>();
    String entry = "";
    String error = "";
    boolean inError = false;
    String joined = output.replace("\n    ADD CONSTRAINT", " ADD CONSTRAINT");
    for (String line : joined.split("\n", -1)) {
      Matcher matcher = ENTRY.matcher(line);
      if (matcher.matches()) {
        add(failures, entry, error);
        entry = matcher.group(1);
        error = "";
        inError = false;
      } else if (line.startsWith(ERROR)) {
        add(failures, entry, error);
        error = line.substring(ERROR.length()).replace("could not execute query: ERROR:  ", "");
        inError = true;
      } else if (line.startsWith(COMMAND) && entry.isEmpty()) {
        add(failures, entryOf(line.substring(COMMAND.length())), error);
        error = "";
        inError = false;
      } else if (line.startsWith(COMMAND) || line.startsWith("pg_restore: ")) {
        inError = false;
      } else if (inError && !line.isBlank()) {
        error += " " + line.strip();
      }
    }
    add(failures, entry, error);
    return failures;
  }

  private static String entryOf(String command) {
    Matcher made = MADE.matcher(command);
    if (made.matches()) {
      return made.group(1) + " " + made.group(2);
    }
    Matcher added = ADDED.matcher(command);
    return added.matches()
        ? "CONSTRAINT " + added.group(1) + " " + added.group(2)
        : command.strip();
  }

  private static void add(List<Failure> failures, String entry, String error) {
    // A newer pg_restore sets this on an older engine, to no harm.
    if (error.isEmpty() || error.contains("\"transaction_timeout\"")) {
      return;
    }
    Matcher matcher = KIND.matcher(entry);
    boolean known = matcher.matches();
    failures.add(
        new Failure(
            known ? matcher.group(1).toLowerCase(Locale.ROOT) : "object",
            known ? matcher.group(2).replaceFirst("^- ", "") : entry,
            error));
  }
}
