package dev.coppice.providers;

import java.util.Optional;
import java.util.Set;

/** Makes {@code … SET name TO value} from an entry of {@code setconfig} or {@code rolconfig}. */
final class SettingStatement {

  /** Their values are lists of names, which must stay unquoted as a whole. */
  private static final Set<String> LISTS =
      Set.of("search_path", "temp_tablespaces", "unix_socket_directories", "datestyle");

  /** A library that is missing here would refuse every login. */
  private static final Set<String> PRELOADS =
      Set.of("local_preload_libraries", "session_preload_libraries");

  private SettingStatement() {}

  /** Empty for a setting that is not carried over. */
  static Optional<String> of(String subject, String entry) {
    int equals = entry.indexOf('=');
    String name = entry.substring(0, equals);
    String value = entry.substring(equals + 1);
    if (PRELOADS.contains(name)) {
      return Optional.empty();
    }
    // setconfig holds lists as they were flattened, with their elements quoted where needed.
    String text = LISTS.contains(name) && !value.isEmpty() ? value : SqlText.literal(value);
    return Optional.of(subject + " SET " + quotedName(name) + " TO " + text);
  }

  private static String quotedName(String name) {
    StringBuilder quoted = new StringBuilder();
    for (String part : name.split("\\.", -1)) {
      quoted.append(quoted.isEmpty() ? "" : ".").append(SqlText.identifier(part));
    }
    return quoted.toString();
  }
}
