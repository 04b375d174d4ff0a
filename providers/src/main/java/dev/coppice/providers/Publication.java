package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Publications on a source. */
final class Publication {

  /** The name under which an operator can make one for us beforehand. */
  static final String PREPARED = "coppice";

  private static final String OF_USER =
      """
      n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence = 'p'
      """;

  /**
   * Postgres would refuse updates of such a table as soon as it is published. A key that is
   * deferrable, or not yet valid, does not count (relcache.c, RelationGetIndexList).
   */
  static final String WITHOUT_IDENTITY =
      """
      c.relkind = 'r' AND (c.relreplident = 'n'
        OR c.relreplident IN ('d', 'i') AND NOT EXISTS (
             SELECT FROM pg_index i
             WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
               AND CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END))
      """;

  private static final String TABLES =
      " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ";

  /** Partitioned tables as a whole where all their partitions can be published. */
  private static final String OWN_TABLES =
      """
      SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE %1$s AND pg_has_role(c.relowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                          AND d.objid = c.oid AND d.deptype = 'e')
        AND (c.relkind = 'p' AND NOT c.relispartition AND NOT EXISTS (
               SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
               WHERE t.isleaf AND EXISTS (SELECT FROM pg_class c WHERE c.oid = l.oid AND (%2$s)))
             OR c.relkind = 'r' AND NOT (%2$s)
               AND (NOT c.relispartition OR EXISTS (
                      SELECT FROM pg_partition_tree(pg_partition_root(c.oid)) t
                      JOIN pg_class l ON l.oid = t.relid
                      WHERE t.isleaf AND EXISTS (
                        SELECT FROM pg_class c WHERE c.oid = l.oid AND (%2$s)))))
      ORDER BY 1, 2
      """
          .formatted(OF_USER, WITHOUT_IDENTITY);

  private Publication() {}

  static boolean exists(Connection source, String name) throws SQLException {
    return Query.first(
            source,
            "SELECT 1 FROM pg_publication WHERE pubname = " + SqlText.literal(name),
            row -> 1)
        .isPresent();
  }

  /** Tables whose updates a publication would make the source refuse. */
  static List<String> withoutIdentity(Connection source) throws SQLException {
    return Query.list(
        source,
        "SELECT n.nspname, c.relname"
            + TABLES
            + OF_USER
            + " AND ("
            + WITHOUT_IDENTITY
            + ") ORDER BY 1, 2",
        row -> SqlText.readable(row.getString(1), row.getString(2)));
  }

  /** One that is there already if there is any, else a new one; returns its name. */
  static String settle(Connection source, FollowWish wish) throws SQLException {
    if (wish.publication().isPresent()) {
      return wish.publication().get();
    }
    if (exists(source, PREPARED)) {
      return PREPARED;
    }
    create(source, wish.slot());
    return wish.slot();
  }

  private static void create(Connection source, String name) throws SQLException {
    String create = "CREATE PUBLICATION " + SqlText.identifier(name);
    if (withoutIdentity(source).isEmpty()) {
      try {
        Query.run(source, create + " FOR ALL TABLES");
        return;
      } catch (SQLException e) {
        // insufficient_privilege
        if (!"42501".equals(e.getSQLState())) {
          throw e;
        }
      }
    }
    List<String> own =
        Query.list(
            source, OWN_TABLES, row -> SqlText.identifier(row.getString(1), row.getString(2)));
    Query.run(source, create + (own.isEmpty() ? "" : " FOR TABLE " + String.join(", ", own)));
  }

  /** The tables that it tells of, quoted. */
  static List<String> tables(Connection source, String name) throws SQLException {
    return Query.list(
        source,
        "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = "
            + SqlText.literal(name),
        row -> SqlText.identifier(row.getString(1), row.getString(2)));
  }

  static void drop(Connection source, String name) throws SQLException {
    Query.run(source, "DROP PUBLICATION IF EXISTS " + SqlText.identifier(name));
  }
}
