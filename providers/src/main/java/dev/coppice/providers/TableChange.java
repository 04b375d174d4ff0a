package dev.coppice.providers;

import dev.coppice.providers.TableShape.Column;
import dev.coppice.providers.TableShape.Part;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes an empty table of the base what the source's is. */
final class TableChange {

  /** As in {@code pg_attribute.attgenerated}. */
  private static final String STORED = "s";

  private static final String VIRTUAL = "v";

  private final String table;
  private final TableShape here;
  private final TableShape there;
  private final Map<String, Column> known = new HashMap<>();
  private final Set<String> remade;

  /**
   * @param table as SQL writes it
   * @param here what the base has
   * @param there what the source has
   */
  TableChange(String table, TableShape here, TableShape there) {
    this.table = table;
    this.here = here;
    this.there = there;
    here.columns().forEach(column -> known.put(column.name(), column));
    this.remade = remade();
  }

  /** Why statements on the table alone cannot do it, as far as that shows beforehand. */
  Optional<String> obstacle() {
    if (!there.obstacle().isEmpty()) {
      return Optional.of(there.obstacle());
    }
    if (!here.obstacle().isEmpty()) {
      return Optional.of("in the base " + here.obstacle());
    }
    List<String> expected = new ArrayList<>(names(here));
    expected.retainAll(names(there));
    expected.removeAll(remade);
    for (Column column : there.columns()) {
      Column own = known.get(column.name());
      if (own == null || remade.contains(column.name())) {
        expected.add(column.name());
      }
      Optional<String> reason = obstacle(own, column);
      if (reason.isPresent()) {
        return reason;
      }
    }
    return expected.equals(names(there))
        ? Optional.empty()
        : Optional.of("its columns stand in another order, or were renamed");
  }

  private Optional<String> obstacle(@Nullable Column own, Column column) {
    if (own == null) {
      return unmakeable(column);
    }
    return remade.contains(column.name())
        ? unmakeable(column).or(() -> irreplaceable(own))
        : unchangeable(own, column);
  }

  private static Optional<String> unmakeable(Column added) {
    if (!added.identity().isEmpty()) {
      return Optional.of("its new column " + added.name() + " is an identity");
    }
    return added.generated().isEmpty() || added.generated().equals(STORED)
        ? Optional.empty()
        : Optional.of("its new column " + added.name() + " is generated, and not stored");
  }

  private static Optional<String> unchangeable(Column own, Column other) {
    boolean becomesGenerated = own.generated().isEmpty() && !other.generated().isEmpty();
    boolean changesKind =
        isGeneratedOtherwise(own, other)
            && (own.generated().equals(VIRTUAL) || other.generated().equals(VIRTUAL));
    if (becomesGenerated || changesKind) {
      return Optional.of("column " + own.name() + " is generated otherwise");
    }
    return own.identity().equals(other.identity())
        ? Optional.empty()
        : Optional.of("column " + own.name() + " is an identity, or is none any more");
  }

  /** A sequence would go with its column. */
  private static Optional<String> irreplaceable(Column own) {
    return own.identity().isEmpty() && !own.expression().contains("nextval(")
        ? Optional.empty()
        : Optional.of("column " + own.name() + " was made again, and has a sequence");
  }

  private static boolean isGeneratedOtherwise(Column own, Column other) {
    return !own.generated().equals(other.generated())
        || (!own.generated().isEmpty() && !own.expression().equals(other.expression()));
  }

  /**
   * The columns that both have, but which were dropped and added again on the source, as far as
   * that makes a difference: those then stand behind all others. Nothing else is to be done with
   * what a generated column is made of before it can get another type.
   */
  private Set<String> remade() {
    Set<String> moved = moved();
    boolean retyped = false;
    for (Column column : there.columns()) {
      Column own = known.get(column.name());
      retyped |= own != null && own.generated().isEmpty() && isRetyped(own, column);
    }
    Set<String> remade = new HashSet<>(moved);
    for (Column column : there.columns().reversed()) {
      Column own = known.get(column.name());
      if (own == null || moved.contains(column.name())) {
        continue;
      }
      if (!isGeneratedOtherwise(own, column) && own.generated().isEmpty()) {
        break;
      }
      if (isGeneratedOtherwise(own, column) || retyped) {
        remade.add(column.name());
      }
    }
    return remade;
  }

  /** A column can only get behind others by being made again. */
  private Set<String> moved() {
    List<String> before = new ArrayList<>(names(here));
    before.retainAll(names(there));
    Set<String> moved = new HashSet<>();
    int next = 0;
    for (String name : names(there)) {
      if (!before.contains(name) || moved.contains(name)) {
        continue;
      }
      while (!before.get(next).equals(name)) {
        moved.add(before.get(next++));
      }
      next++;
    }
    return moved;
  }

  /** While it is empty. */
  List<String> beforeRows() {
    List<String> statements = new ArrayList<>();
    here.parts().reversed().stream()
        .filter(part -> !there.parts().contains(part))
        .forEach(part -> statements.add(part.removal(table)));
    statements.addAll(drops());
    for (Column column : there.columns()) {
      Column own = known.get(column.name());
      if (own == null || remade.contains(column.name())) {
        statements.add("ALTER TABLE " + table + " ADD COLUMN " + definition(column));
      } else {
        alter(own, column, statements);
      }
    }
    return statements;
  }

  /** Those first that are made of others. */
  private List<String> drops() {
    Set<String> kept = new HashSet<>(names(there));
    kept.removeAll(remade);
    return here.columns().stream()
        .filter(column -> !kept.contains(column.name()))
        .sorted(Comparator.comparing(column -> column.generated().isEmpty()))
        .map(column -> "ALTER TABLE " + table + " DROP COLUMN " + column.quoted())
        .toList();
  }

  /**
   * @param now what the base has after the first statements
   */
  List<Part> missing(TableShape now) {
    return there.parts().stream().filter(part -> !now.parts().contains(part)).toList();
  }

  private void alter(Column own, Column column, List<String> statements) {
    String alter = "ALTER TABLE " + table + " ALTER COLUMN " + column.quoted() + " ";
    boolean plain = own.generated().isEmpty();
    boolean dropped = plain && !own.expression().isEmpty() && !own.equals(column);
    if (dropped) {
      statements.add(alter + "DROP DEFAULT");
    }
    boolean becomesPlain = !plain && column.generated().isEmpty();
    if (becomesPlain) {
      statements.add(alter + "DROP EXPRESSION");
    } else if (!plain && isGeneratedOtherwise(own, column)) {
      // From PostgreSQL 17 on; there is no other way to this state before.
      statements.add(alter + "SET EXPRESSION AS (" + column.expression() + ")");
    }
    if (isRetyped(own, column)) {
      statements.add(alter + "TYPE " + type(column) + (plain ? " USING NULL" : ""));
    }
    boolean lacks = dropped || becomesPlain || own.expression().isEmpty();
    if (column.generated().isEmpty() && lacks && !column.expression().isEmpty()) {
      statements.add(alter + "SET DEFAULT " + column.expression());
    }
    if (own.required() != column.required()) {
      statements.add(alter + (column.required() ? "SET" : "DROP") + " NOT NULL");
    }
  }

  private static boolean isRetyped(Column own, Column column) {
    return !own.type().equals(column.type()) || !own.collation().equals(column.collation());
  }

  private static String definition(Column column) {
    StringBuilder sql = new StringBuilder(column.quoted()).append(' ').append(type(column));
    if (!column.generated().isEmpty()) {
      sql.append(" GENERATED ALWAYS AS (").append(column.expression()).append(") STORED");
    } else if (!column.expression().isEmpty()) {
      sql.append(" DEFAULT ").append(column.expression());
    }
    return sql.append(column.required() ? " NOT NULL" : "").toString();
  }

  private static String type(Column column) {
    return column.collation().isEmpty()
        ? column.type()
        : column.type() + " COLLATE " + column.collation();
  }

  private static List<String> names(TableShape shape) {
    return shape.columns().stream().map(Column::name).toList();
  }
}
