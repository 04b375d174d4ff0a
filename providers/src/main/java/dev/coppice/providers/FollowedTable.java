package dev.coppice.providers;

import dev.coppice.providers.pgoutput.ColumnValue;
import dev.coppice.providers.pgoutput.ReplicationMessage;
import dev.coppice.providers.pgoutput.ReplicationMessage.Column;
import dev.coppice.providers.pgoutput.ReplicationMessage.OldRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A table of the base, and the statements that make of it what the stream tells. */
final class FollowedTable {

  /** Types in which values that compare equal look the same too. */
  private static final Set<String> EQUAL_IS_SAME =
      Set.of(
          "bool",
          "char",
          "name",
          "int2",
          "int4",
          "int8",
          "oid",
          "date",
          "timestamp",
          "timestamptz",
          "uuid",
          "bytea");

  /**
   * @param typeName as in {@code pg_type}
   */
  record LocalColumn(
      String name,
      int typeId,
      int typeModifier,
      String typeName,
      boolean domain,
      boolean identityAlways) {}

  /**
   * A statement whose parameters are the texts of some columns.
   *
   * @param values what the parameters are, in their order
   */
  record Prepared(String sql, List<ColumnValue> values) {}

  private final String target;
  private final String only;
  private final List<Column> columns;
  private final List<String> quoted;
  private final Map<String, LocalColumn> local;

  /**
   * @param partitioned whether its rows lie in its partitions
   */
  FollowedTable(
      ReplicationMessage.Relation relation, boolean partitioned, Map<String, LocalColumn> local) {
    this.target = SqlText.identifier(relation.schema(), relation.name());
    this.only = partitioned ? target : "ONLY " + target;
    this.columns = relation.columns();
    this.quoted = columns.stream().map(column -> SqlText.identifier(column.name())).toList();
    this.local = Map.copyOf(local);
  }

  String truncateTarget() {
    return only;
  }

  String copyIn() {
    return "COPY "
        + target
        + (columns.isEmpty() ? "" : " (" + String.join(", ", quoted) + ")")
        + " FROM STDIN";
  }

  Prepared insert(List<ColumnValue> row) {
    require(row);
    if (columns.isEmpty()) {
      return new Prepared("INSERT INTO " + target + " DEFAULT VALUES", List.of());
    }
    List<String> places = new ArrayList<>();
    for (int i = 1; i <= row.size(); i++) {
      places.add("$" + i);
    }
    return new Prepared(
        "INSERT INTO "
            + target
            + " ("
            + String.join(", ", quoted)
            + ") OVERRIDING SYSTEM VALUE VALUES ("
            + String.join(", ", places)
            + ")",
        row);
  }

  /**
   * Columns {@code GENERATED ALWAYS AS IDENTITY}, which a statement can only set to their default,
   * that this update gives another value; empty if they cannot be told from the stream.
   */
  Optional<List<String>> newIdentities(ReplicationMessage.Update update) {
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (!identityAlways(i)) {
        continue;
      }
      boolean key = columns.get(i).key();
      Optional<OldRow> old = update.old().filter(row -> row.whole() || key);
      if (old.isEmpty() && !key) {
        return Optional.empty();
      }
      if (old.isPresent() && !old.get().row().get(i).equals(update.row().get(i))) {
        changed.add(quoted.get(i));
      }
    }
    return Optional.of(changed);
  }

  /** Whether that is the value of a row's identity columns in the base. */
  Prepared identitiesKept(ReplicationMessage.Update update) {
    List<ColumnValue> values = new ArrayList<>();
    StringBuilder condition =
        new StringBuilder(
            condition(update.old().orElseGet(() -> new OldRow(false, update.row())), values));
    for (int i = 0; i < columns.size(); i++) {
      if (identityAlways(i)) {
        condition.append(" AND ").append(match(i, update.row().get(i), false, values));
      }
    }
    return new Prepared("SELECT 1 FROM " + only + " WHERE " + condition, values);
  }

  List<String> identities() {
    List<String> identities = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (identityAlways(i)) {
        identities.add(quoted.get(i));
      }
    }
    return identities;
  }

  String alterIdentity(String column, String generated) {
    return "ALTER TABLE " + target + " ALTER " + column + " SET GENERATED " + generated;
  }

  private boolean identityAlways(int column) {
    LocalColumn own = local.get(columns.get(column).name());
    return own != null && own.identityAlways();
  }

  /**
   * @param settable columns that may be set although they are generated as identity
   */
  Prepared update(ReplicationMessage.Update update, List<String> settable) {
    require(update.row());
    List<ColumnValue> values = new ArrayList<>();
    List<String> assignments = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      ColumnValue value = update.row().get(i);
      boolean fixed = identityAlways(i) && !settable.contains(quoted.get(i));
      if (!fixed && !(value instanceof ColumnValue.Unchanged)) {
        values.add(value);
        assignments.add(quoted.get(i) + " = $" + values.size());
      }
    }
    OldRow old = update.old().orElseGet(() -> new OldRow(false, update.row()));
    String condition = condition(old, values);
    if (assignments.isEmpty()) {
      // Nothing but out-of-line values that stay; the row has to be there all the same.
      return new Prepared("SELECT 1 FROM " + only + " WHERE " + condition, values);
    }
    String assigned = String.join(", ", assignments);
    return new Prepared("UPDATE " + only + " SET " + assigned + " WHERE " + condition, values);
  }

  Prepared delete(OldRow old) {
    List<ColumnValue> values = new ArrayList<>();
    String condition = condition(old, values);
    return new Prepared("DELETE FROM " + only + " WHERE " + condition, values);
  }

  /** Finds the one row, and adds the parameters that it takes. */
  private String condition(OldRow old, List<ColumnValue> values) {
    require(old.row());
    List<String> conditions = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (old.whole() || columns.get(i).key()) {
        conditions.add(match(i, old.row().get(i), old.whole(), values));
      }
    }
    if (conditions.isEmpty()) {
      throw new IllegalStateException("no column identifies the rows of " + target);
    }
    String all = String.join(" AND ", conditions);
    // Without a key several rows can be the same, and one of them is meant.
    return old.whole()
        ? "(tableoid, ctid) = (SELECT tableoid, ctid FROM " + only + " WHERE " + all + " LIMIT 1)"
        : all;
  }

  private String match(int column, ColumnValue value, boolean whole, List<ColumnValue> values) {
    String name = quoted.get(column);
    return switch (value) {
      case ColumnValue.Null n -> name + " IS NULL";
      case ColumnValue.Unchanged u ->
          throw new IllegalStateException(
              "column " + name + " of " + target + " lacks its old value");
      case ColumnValue.Text text -> {
        values.add(value);
        String place = "$" + values.size();
        LocalColumn type = local.get(columns.get(column).name());
        boolean exact = !whole || (type != null && EQUAL_IS_SAME.contains(type.typeName()));
        yield exact ? name + " = " + place : name + "::text = " + place + "::text";
      }
    };
  }

  private void require(List<ColumnValue> row) {
    if (row.size() != columns.size()) {
      throw new IllegalStateException(
          "a row of " + row.size() + " columns for " + target + " with " + columns.size());
    }
  }

  @Override
  public String toString() {
    return target;
  }
}
