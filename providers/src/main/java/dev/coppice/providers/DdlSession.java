package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Makes the session of a base for a while what a session of the source was. */
final class DdlSession {

  private static final Set<String> SETTINGS =
      Set.of(
          "search_path", "TimeZone", "DateStyle", "IntervalStyle", "standard_conforming_strings");

  private final Connection base;
  private final Map<String, String> own = new LinkedHashMap<>();

  DdlSession(Connection base) {
    this.base = base;
  }

  /** Until {@link #leave}, or the end of the transaction. */
  void enter(Map<String, String> settings) throws SQLException {
    for (String name : SETTINGS) {
      if (!own.containsKey(name)) {
        own.put(name, Query.text(base, "SELECT current_setting(" + SqlText.literal(name) + ")"));
      }
      String value = settings.get(name);
      if (value != null) {
        set(name, name.equals("DateStyle") ? order(value) : value);
      }
    }
  }

  void leave() throws SQLException {
    for (Map.Entry<String, String> setting : own.entrySet()) {
      set(setting.getKey(), setting.getValue());
    }
  }

  /** The driver reads dates in ISO's style alone. */
  private static String order(String style) {
    return "ISO, " + style.substring(style.lastIndexOf(' ') + 1);
  }

  private void set(String name, String value) throws SQLException {
    Query.list(
        base,
        "SELECT set_config(%s, %s, true)".formatted(SqlText.literal(name), SqlText.literal(value)),
        row -> name);
  }

  boolean knows(String role) throws SQLException {
    return Query.text(
            base,
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = " + SqlText.literal(role) + ")")
        .equals("t");
  }
}
