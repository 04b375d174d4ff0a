package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The parts of a table or view that statements can make without its rows being read again, in the
 * order in which they may need each other.
 */
enum PartDefinition {
  DEFAULT("default") {
    @Override
    String query() {
      return """
      SELECT pg_get_expr(d.adbin, d.adrelid) AS definition
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped
      JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
      WHERE a.attname = :name AND a.attgenerated = ''
      """;
    }

    @Override
    List<String> removal(Definition object) {
      return List.of(alter(object) + "ALTER " + own(object) + " DROP DEFAULT");
    }

    @Override
    List<String> creation(Definition object, String definition) {
      return List.of(alter(object) + "ALTER " + own(object) + " SET DEFAULT " + definition);
    }
  },
  NOT_NULL("not-null constraint") {
    @Override
    String query() {
      return """
      SELECT 'NOT NULL' AS definition
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped
      WHERE a.attname = :name AND a.attnotnull
      """;
    }

    @Override
    List<String> removal(Definition object) {
      return List.of(alter(object) + "ALTER " + own(object) + " DROP NOT NULL");
    }

    @Override
    List<String> creation(Definition object, String definition) {
      return List.of(alter(object) + "ALTER " + own(object) + " SET NOT NULL");
    }
  },
  INDEX("index") {
    @Override
    String query() {
      // A partitioned table's is made at all of its partitions.
      return """
      SELECT regexp_replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS definition
      FROM relation r JOIN pg_index i ON i.indrelid = r.oid AND i.indisvalid
      JOIN pg_class o ON o.oid = i.indexrelid
      WHERE o.relname = :name
      """;
    }

    @Override
    List<String> removal(Definition object) {
      return List.of("DROP INDEX IF EXISTS " + SqlText.identifier(object.schema(), object.name()));
    }

    @Override
    List<String> creation(Definition object, String definition) {
      return List.of(definition);
    }
  },
  CONSTRAINT("constraint") {
    @Override
    String query() {
      return """
      SELECT pg_get_constraintdef(k.oid) AS definition
      FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.conname = :name
      """;
    }

    @Override
    List<String> removal(Definition object) {
      return List.of(alter(object) + "DROP CONSTRAINT IF EXISTS " + own(object));
    }

    @Override
    List<String> creation(Definition object, String definition) {
      return List.of(alter(object) + "ADD CONSTRAINT " + own(object) + " " + definition);
    }
  },
  TRIGGER("trigger") {
    @Override
    String query() {
      return """
      SELECT CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
               WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END || ':' || pg_get_triggerdef(t.oid) AS definition
      FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
      WHERE t.tgname = :name
      """;
    }

    @Override
    List<String> removal(Definition object) {
      return List.of("DROP TRIGGER IF EXISTS %s ON %s".formatted(own(object), on(object)));
    }

    @Override
    List<String> creation(Definition object, String definition) {
      int end = definition.indexOf(':');
      String state = definition.substring(0, end);
      String create = definition.substring(end + 1);
      return state.equals("ENABLE")
          ? List.of(create)
          : List.of(create, alter(object) + state + " TRIGGER " + own(object));
    }
  },
  POLICY("policy") {
    @Override
    String query() {
      return """
      SELECT format('AS %s FOR %s TO %s%s%s',
                    CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                      WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                    CASE WHEN p.polroles = '{0}' THEN 'PUBLIC'
                      ELSE (SELECT string_agg(quote_ident(o.rolname), ', ' ORDER BY o.rolname)
                            FROM pg_roles o WHERE o.oid = ANY (p.polroles)) END,
                    ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                    ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') AS definition
      FROM relation r JOIN pg_policy p ON p.polrelid = r.oid WHERE p.polname = :name
      """;
    }

    @Override
    List<String> removal(Definition object) {
      return List.of("DROP POLICY IF EXISTS %s ON %s".formatted(own(object), on(object)));
    }

    @Override
    List<String> creation(Definition object, String definition) {
      return List.of("CREATE POLICY %s ON %s %s".formatted(own(object), on(object), definition));
    }
  },
  ROW_SECURITY("row security") {
    @Override
    String query() {
      return """
      SELECT CASE WHEN r.relforcerowsecurity THEN 'FORCE' ELSE 'NO FORCE' END AS definition
      FROM relation r WHERE r.relrowsecurity
      """;
    }

    @Override
    List<String> removal(Definition object) {
      return List.of(alter(object) + "DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
    }

    @Override
    List<String> creation(Definition object, String definition) {
      return List.of(
          alter(object) + "ENABLE ROW LEVEL SECURITY, " + definition + " ROW LEVEL SECURITY");
    }
  };

  private static final String RELATION =
      """
      WITH relation AS (
        SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = :schema AND c.relname = :relation)
      """;

  private final String kind;

  PartDefinition(String kind) {
    this.kind = kind;
  }

  static Optional<PartDefinition> of(Definition object) {
    for (PartDefinition part : values()) {
      if (part.kind.equals(object.kind()) && !object.relation().isEmpty()) {
        return Optional.of(part);
      }
    }
    return Optional.empty();
  }

  abstract String query();

  abstract List<String> removal(Definition object);

  abstract List<String> creation(Definition object, String definition);

  /**
   * How a server has it, if it has it; the same text on two servers means the same. Waits for the
   * table's lock. Names in it have their schemas where the session's search path is empty.
   */
  Optional<String> read(Connection session, Definition object) throws SQLException {
    String sql =
        (RELATION + query())
            .replace(":schema", SqlText.literal(object.schema()))
            .replace(":relation", SqlText.literal(object.relation()))
            .replace(":name", SqlText.literal(object.name()));
    return Query.first(session, sql, row -> row.getString("definition"));
  }

  private static String alter(Definition object) {
    return "ALTER TABLE " + on(object) + " ";
  }

  private static String on(Definition object) {
    return SqlText.identifier(object.schema(), object.relation());
  }

  private static String own(Definition object) {
    return SqlText.identifier(object.name());
  }
}
