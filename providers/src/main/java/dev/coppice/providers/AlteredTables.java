package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Followed tables whose rows are others on the source, although no row may have told so. */
final class AlteredTables {

  private static final String OID =
      """
      SELECT c.oid::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname = :schema AND c.relname = :name
      """;

  private AlteredTables() {}

  static Map<TableName, TableDrift> find(
      Connection source, FollowPlan plan, List<DefinitionChange> changes) throws SQLException {
    Map<TableName, DefinitionChange> altered = new LinkedHashMap<>();
    for (DefinitionChange change : changes) {
      if (change.isOfRows()) {
        altered.putIfAbsent(change.object().table(), change);
      }
    }
    Map<TableName, TableDrift> drifts = new LinkedHashMap<>();
    if (altered.isEmpty()) {
      return drifts;
    }
    List<String> published = new ArrayList<>(Publication.tables(source, plan.publication()));
    published.removeAll(plan.leftOut());
    published.removeAll(plan.unpublished());
    for (var entry : altered.entrySet()) {
      TableName name = entry.getKey();
      Optional<Long> oid = oid(source, name);
      if (oid.isPresent() && published.contains(name.quoted())) {
        String what = "was altered: " + entry.getValue().readable();
        drifts.put(name, new TableDrift(oid.get(), name, what));
      }
    }
    return drifts;
  }

  private static Optional<Long> oid(Connection source, TableName name) throws SQLException {
    return Query.first(
        source,
        OID.replace(":schema", SqlText.literal(name.schema()))
            .replace(":name", SqlText.literal(name.name())),
        row -> row.getLong(1));
  }
}
