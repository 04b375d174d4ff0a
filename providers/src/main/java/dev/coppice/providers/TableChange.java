package dev.coppice.providers;

import dev.coppice.providers.TableShape.Column;
import dev.coppice.providers.TableShape.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes an empty table of the base what the source's is. */
final class TableChange {

  private final String table;
  private final TableShape here;
  private final TableShape there;

  /**
   * @param table as SQL writes it
   * @param here what the base has
   * @param there what the source has
   */
  TableChange(String table, TableShape here, TableShape there) {
    this.table = table;
    this.here = here;
    this.there = there;
  }

  /** Why statements on the table alone cannot do it, as far as that shows beforehand. */
  Optional<String> obstacle() {
    if (!there.obstacle().isEmpty()) {
      return Optional.of(there.obstacle());
    }
    if (!here.obstacle().isEmpty()) {
      return Optional.of("in the base " + here.obstacle());
    }
    Map<String, Column> known = byName(here);
    List<String> expected = new ArrayList<>(names(here));
    expected.retainAll(names(there));
    for (Column column : there.columns()) {
      Column own = known.get(column.name());
      if (own == null) {
        expected.add(column.name());
      }
      Optional<String> reason = own == null ? obstacle(column) : obstacle(own, column);
      if (reason.isPresent()) {
        return reason;
      }
    }
    return expected.equals(names(there))
        ? Optional.empty()
        : Optional.of("its columns stand in another order, or were renamed");
  }

  private static Optional<String> obstacle(Column added) {
    if (!added.identity().isEmpty()) {
      return Optional.of("its new column " + added.name() + " is an identity");
    }
    return added.generated().isEmpty() || added.generated().equals("s")
        ? Optional.empty()
        : Optional.of("its new column " + added.name() + " is generated, and not stored");
  }

  private static Optional<String> obstacle(Column own, Column other) {
    boolean generatedElse =
        !own.generated().equals(other.generated())
            || (!own.generated().isEmpty() && !own.expression().equals(other.expression()));
    if (generatedElse) {
      return Optional.of("column " + own.name() + " is generated otherwise");
    }
    return own.identity().equals(other.identity())
        ? Optional.empty()
        : Optional.of("column " + own.name() + " is an identity, or is none any more");
  }

  /** While it is empty. */
  List<String> beforeRows() {
    List<String> statements = new ArrayList<>();
    here.parts().reversed().stream()
        .filter(part -> !there.parts().contains(part))
        .forEach(part -> statements.add(part.removal(table)));
    Set<String> kept = new HashSet<>(names(there));
    Map<String, Column> known = byName(here);
    for (Column column : here.columns()) {
      if (!kept.contains(column.name())) {
        statements.add("ALTER TABLE " + table + " DROP COLUMN " + column.quoted());
      }
    }
    for (Column column : there.columns()) {
      Column own = known.get(column.name());
      if (own == null) {
        statements.add("ALTER TABLE " + table + " ADD COLUMN " + definition(column));
      } else {
        alter(own, column, statements);
      }
    }
    return statements;
  }

  /**
   * @param now what the base has after the first statements
   */
  List<Part> missing(TableShape now) {
    return there.parts().stream().filter(part -> !now.parts().contains(part)).toList();
  }

  private void alter(Column own, Column column, List<String> statements) {
    String alter = "ALTER TABLE " + table + " ALTER COLUMN " + column.quoted() + " ";
    boolean anotherType =
        !own.type().equals(column.type()) || !own.collation().equals(column.collation());
    boolean plain = own.generated().isEmpty();
    boolean dropped = plain && !own.expression().isEmpty() && !own.equals(column);
    if (dropped) {
      statements.add(alter + "DROP DEFAULT");
    }
    if (anotherType) {
      statements.add(alter + "TYPE " + type(column) + (plain ? " USING NULL" : ""));
    }
    boolean lacks = dropped || own.expression().isEmpty();
    if (plain && lacks && !column.expression().isEmpty()) {
      statements.add(alter + "SET DEFAULT " + column.expression());
    }
    if (own.required() != column.required()) {
      statements.add(alter + (column.required() ? "SET" : "DROP") + " NOT NULL");
    }
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

  private static Map<String, Column> byName(TableShape shape) {
    Map<String, Column> columns = new HashMap<>();
    shape.columns().forEach(column -> columns.put(column.name(), column));
    return columns;
  }
}
