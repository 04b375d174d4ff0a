package dev.coppice.providers;

import dev.coppice.providers.FollowedTable.LocalColumn;
import dev.coppice.providers.pgoutput.ColumnValue;
import dev.coppice.providers.pgoutput.ReplicationMessage;
import dev.coppice.providers.pgoutput.ReplicationMessage.Column;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What the numbers in the stream stand for in the base. Notices where the two differ. */
final class FollowedTables {

  /** Built-in types have the same number everywhere ({@code FirstNormalObjectId}). */
  private static final int FIRST_OWN_TYPE = 16_384;

  private static final String DATA_EXCEPTION = "22";
  private static final String CONSTRAINT_VIOLATION = "23";

  private static final String COLUMNS =
      """
      SELECT c.relkind, a.attname, a.atttypid::bigint AS typeid, a.atttypmod, t.typname, n.nspname,
             t.typtype = 'd' AS domain, a.attidentity = 'a' AS identity,
             a.attgenerated <> '' AS generated
      FROM pg_class c
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE c.oid = to_regclass(:name) AND c.relkind IN ('r', 'p')
      ORDER BY a.attnum
      """;

  private final FollowPlan plan;
  private final GeneratedColumns generatedThere;
  private final Map<Integer, Optional<FollowedTable>> tables = new HashMap<>();
  private final Map<Integer, ReplicationMessage.Relation> relations = new HashMap<>();
  private final Map<Integer, ReplicationMessage.Type> types = new HashMap<>();
  private final Map<TableName, Integer> ids = new HashMap<>();
  private Set<TableName> copied = Set.of();

  FollowedTables(FollowPlan plan, GeneratedColumns generatedThere) {
    this.plan = plan;
    this.generatedThere = generatedThere;
  }

  /** The values by the columns' names, without those that are null, if that is a record. */
  Optional<Map<String, String>> recorded(ReplicationMessage.Insert insert) {
    ReplicationMessage.Relation relation = relations.get(insert.relation());
    if (relation == null || !isRecorder(relation)) {
      return Optional.empty();
    }
    Map<String, String> row = new HashMap<>();
    for (int i = 0; i < insert.row().size(); i++) {
      if (insert.row().get(i) instanceof ColumnValue.Text text) {
        row.put(relation.columns().get(i).name(), text.text());
      }
    }
    return Optional.of(row);
  }

  private boolean isRecorder(ReplicationMessage.Relation relation) {
    return relation.name().equals(DdlRecorder.TABLE)
        && plan.recorder().equals(Optional.of(relation.schema()));
  }

  void learn(ReplicationMessage.Relation relation) {
    ReplicationMessage.Relation former = relations.put(relation.id(), relation);
    tables.remove(relation.id());
    if (plan.recorder().isEmpty()) {
      requireSameTable(relation, former);
    }
  }

  /** The rows of the two would be taken for those of one. */
  private void requireSameTable(
      ReplicationMessage.Relation relation, ReplicationMessage.@Nullable Relation former) {
    TableName name = name(relation);
    if (former != null && !name(former).equals(name)) {
      throw drifted(
          "table %s was renamed to %s".formatted(name(former).readable(), name.readable()));
    }
    Integer id = ids.put(name, relation.id());
    if (id != null && id != relation.id() && !isLeftOut(relation)) {
      throw new TableDrift(relation, "was dropped and made again");
    }
  }

  private static TableName name(ReplicationMessage.Relation relation) {
    return new TableName(relation.schema(), relation.name());
  }

  /** The changes of these tables are none for the base. */
  void leaveOut(Set<TableName> names) {
    copied = Set.copyOf(names);
    tables.clear();
  }

  void learn(ReplicationMessage.Type type) {
    types.put(type.id(), type);
  }

  /** The base's definitions may have changed. */
  void forgetDefinitions() {
    tables.clear();
  }

  /**
   * Empty for a table whose rows the base does not keep. Throws {@link TableDrift} if the base's
   * table is another one, or {@link SourceException} with {@code DRIFTED} if more than that is.
   */
  Optional<FollowedTable> find(Connection base, int id) throws SQLException {
    Optional<FollowedTable> known = tables.get(id);
    if (known == null) {
      ReplicationMessage.Relation relation = relations.get(id);
      if (relation == null) {
        throw new IllegalStateException("a change of a table that was not described: " + id);
      }
      known = resolve(base, relation);
      tables.put(id, known);
    }
    return known;
  }

  private boolean isLeftOut(ReplicationMessage.Relation relation) {
    TableName name = name(relation);
    return DdlRecorder.owns(name)
        || copied.contains(name)
        || plan.leftOut().contains(name.quoted());
  }

  private Optional<FollowedTable> resolve(Connection base, ReplicationMessage.Relation relation)
      throws SQLException {
    if (isLeftOut(relation)) {
      return Optional.empty();
    }
    String name = name(relation).quoted();
    String readable = name(relation).readable();
    if (plan.unpublished().contains(name)) {
      throw drifted("table " + readable + " has joined the publication, and was changed before");
    }
    Map<String, LocalColumn> local = new LinkedHashMap<>();
    boolean[] partitioned = new boolean[1];
    Map<String, String> schemas = new HashMap<>();
    Set<String> generated = new HashSet<>();
    boolean there =
        !Query.list(
                base,
                COLUMNS.replace(":name", SqlText.literal(name)),
                row -> {
                  partitioned[0] = row.getString("relkind").equals("p");
                  String column = row.getString("attname");
                  if (column != null && row.getBoolean("generated")) {
                    generated.add(column);
                  } else if (column != null) {
                    schemas.put(column, row.getString("nspname"));
                    local.put(
                        column,
                        new LocalColumn(
                            column,
                            (int) row.getLong("typeid"),
                            row.getInt("atttypmod"),
                            row.getString("typname"),
                            row.getBoolean("domain"),
                            row.getBoolean("identity")));
                  }
                  return name;
                })
            .isEmpty();
    if (!there) {
      throw new TableDrift(relation, "is new on the source");
    }
    for (Column column : relation.columns()) {
      LocalColumn own = local.get(column.name());
      if (own == null) {
        throw new TableDrift(relation, "has a new column " + column.name());
      }
      requireSameType(relation, column, own, schemas);
    }
    if (relation.columns().size() != local.size()) {
      throw new TableDrift(relation, "has lost a column");
    }
    requireSameGenerated(base, relation, generated);
    return Optional.of(new FollowedTable(relation, partitioned[0], local));
  }

  /**
   * By the source's state of now, which may be ahead of the stream, as that is in which the table
   * would be copied. One that cannot be copied by itself stays as it is: its rows are right.
   */
  private void requireSameGenerated(
      Connection base, ReplicationMessage.Relation relation, Set<String> generated)
      throws SQLException {
    if (plan.recorder().isPresent()) {
      return;
    }
    Optional<Set<String>> there =
        generatedThere.of(Integer.toUnsignedLong(relation.id()), name(relation));
    boolean other = there.isPresent() && !there.get().equals(generated);
    if (other
        && TableShape.read(base, name(relation))
            .filter(own -> own.obstacle().isEmpty())
            .isPresent()) {
      throw new TableDrift(relation, "has other generated columns");
    }
  }

  private void requireSameType(
      ReplicationMessage.Relation relation,
      Column column,
      LocalColumn own,
      Map<String, String> schemas) {
    boolean same;
    if (Integer.compareUnsigned(column.typeId(), FIRST_OWN_TYPE) < 0) {
      same = column.typeId() == own.typeId() && column.typeModifier() == own.typeModifier();
    } else {
      ReplicationMessage.Type type = types.get(column.typeId());
      // A domain is told of by the name of what it stands on.
      same =
          type == null
              || own.domain()
              || (type.name().equals(own.typeName())
                  && type.schema().equals(schemas.get(column.name())));
    }
    if (!same) {
      throw new TableDrift(relation, "has another type of column " + column.name());
    }
  }

  /**
   * Throws what it means if that tells of a row which the base does not take: its constraints or
   * types are others. What fails in another way may succeed later.
   */
  void requireTaken(SQLException failure) {
    String state = failure.getSQLState() == null ? "" : failure.getSQLState();
    if (!state.startsWith(DATA_EXCEPTION) && !state.startsWith(CONSTRAINT_VIOLATION)) {
      return;
    }
    String what = "the base does not take a row: " + failure.getMessage();
    ServerErrorMessage told =
        failure instanceof PSQLException known ? known.getServerErrorMessage() : null;
    for (ReplicationMessage.Relation relation : relations.values()) {
      if (told != null
          && relation.schema().equals(told.getSchema())
          && relation.name().equals(told.getTable())) {
        throw new TableDrift(relation, "is another one, since " + what);
      }
    }
    throw drifted(what);
  }

  static SourceException drifted(String what) {
    return new SourceException(
        SourceFailure.DRIFTED, "The base cannot be kept in step: " + what, "It is pulled anew.");
  }
}
