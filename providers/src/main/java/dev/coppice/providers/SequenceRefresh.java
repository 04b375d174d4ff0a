package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Brings the base's sequences, of which the stream says nothing, to where the source's stand. */
final class SequenceRefresh {

  private static final int BATCH = 100;

  private record Standing(long last, boolean called) {}

  private SequenceRefresh() {}

  /** Returns how many had moved. */
  static int run(Connection source, Connection base) throws SQLException {
    Set<String> shared = new HashSet<>(SequenceCopy.names(base, PullExtent.EVERYTHING));
    shared.retainAll(SequenceCopy.names(source, PullExtent.EVERYTHING));
    List<String> names = shared.stream().sorted().toList();
    Map<String, Standing> wanted = standings(source, names);
    Map<String, Standing> present = standings(base, names);
    List<String> settings = new ArrayList<>();
    wanted.forEach((name, standing) -> {
      if (!standing.equals(present.get(name))) {
        settings.add(
            "pg_catalog.setval(%s, %d, %b)"
                .formatted(SqlText.literal(name), standing.last, standing.called));
      }
    });
    for (int from = 0; from < settings.size(); from += BATCH) {
      List<String> batch = settings.subList(from, Math.min(settings.size(), from + BATCH));
      Query.run(base, "SELECT " + String.join(", ", batch));
    }
    return settings.size();
  }

  private static Map<String, Standing> standings(Connection session, List<String> names)
      throws SQLException {
    Map<String, Standing> standings = new HashMap<>();
    for (int from = 0; from < names.size(); from += BATCH) {
      List<String> selects =
          names.subList(from, Math.min(names.size(), from + BATCH)).stream()
              .map(name ->
                  "SELECT " + SqlText.literal(name) + ", last_value, is_called FROM " + name)
              .toList();
      Query.list(
          session,
          String.join(" UNION ALL ", selects),
          row -> standings.put(row.getString(1), new Standing(row.getLong(2), row.getBoolean(3))));
    }
    return standings;
  }
}
