package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Triggers that call another service with what their arguments say. In a base each is there,
 * switched off, and without what it sent along, which is often a key to production.
 */
final class CallingTriggers {

  private static final String TRIGGERS =
      """
      SELECT n.nspname, c.relname, t.tgname,
             split_part(pg_get_triggerdef(t.oid), ' EXECUTE FUNCTION ', 1) AS head,
             p.oid::regproc::text AS function,
             (string_to_array(encode(t.tgargs, 'escape'), '\\000'))[1:t.tgnargs] AS arguments
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace
      WHERE NOT t.tgisinternal AND pn.nspname || '.' || p.proname = ANY (:functions)
      ORDER BY 1, 2, 3
      """;

  private static final Pattern HARMLESS = Pattern.compile("GET|POST|PUT|PATCH|DELETE|[0-9]{1,9}");
  private static final Pattern URL = Pattern.compile("(https?://)(?:[^/@]*@)?([^/?#]*).*");

  private record Trigger(
      String schema,
      String table,
      String name,
      String head,
      String function,
      List<String> arguments) {

    String on() {
      return SqlText.identifier(schema, table);
    }
  }

  private final List<Trigger> triggers;

  private CallingTriggers(List<Trigger> triggers) {
    this.triggers = triggers;
  }

  static CallingTriggers read(Connection source, Provider provider) throws SQLException {
    return new CallingTriggers(
        Query.list(
            source,
            TRIGGERS.replace(":functions", SqlText.names(provider.callingTriggerFunctions())),
            row ->
                new Trigger(
                    row.getString("nspname"),
                    row.getString("relname"),
                    row.getString("tgname"),
                    row.getString("head"),
                    row.getString("function"),
                    Query.texts(row, "arguments"))));
  }

  boolean has(TocEntry entry) {
    return triggers.stream()
        .anyMatch(trigger -> entry.isTrigger(trigger.schema, trigger.table, trigger.name));
  }

  void create(Connection engine, Fidelity fidelity) throws SQLException {
    for (Trigger trigger : triggers) {
      String object =
          SqlText.readable(trigger.name) + " on " + SqlText.readable(trigger.schema, trigger.table);
      List<String> arguments =
          trigger.arguments.stream().map(CallingTriggers::scrubbed).map(SqlText::literal).toList();
      try {
        Query.run(
            engine,
            "%s EXECUTE FUNCTION %s(%s); ALTER TABLE %s DISABLE TRIGGER %s"
                .formatted(
                    trigger.head,
                    trigger.function,
                    String.join(", ", arguments),
                    trigger.on(),
                    SqlText.identifier(trigger.name)));
        fidelity.changed(
            "trigger",
            object,
            "it calls another service, so it is switched off, and what it sends along is removed");
      } catch (SQLException e) {
        if (EngineFailure.isLocal(e)) {
          throw e;
        }
        fidelity.dropped("trigger", object, String.valueOf(e.getMessage()));
      }
    }
  }

  /** The method, the host and the time-out stay; paths, headers and parameters may hold keys. */
  static String scrubbed(String argument) {
    if (HARMLESS.matcher(argument).matches()) {
      return argument;
    }
    Matcher url = URL.matcher(argument);
    if (url.matches()) {
      return url.group(1) + url.group(2) + "/";
    }
    return argument.startsWith("{") ? "{}" : "";
  }
}
