package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A table whose changes a publication does not tell.
 *
 * @param quoted as SQL writes it
 * @param owner of the table, as people write it
 * @param owned whether the reading role may do what the owner may
 * @param identified whether Postgres lets its rows be updated once it is published
 * @param extension whether it belongs to an extension
 */
record UnpublishedTable(
    String quoted,
    String readable,
    String owner,
    boolean owned,
    boolean identified,
    boolean extension) {

  /** Unlogged tables cannot be published; what becomes of them is said elsewhere. */
  private static final String CANDIDATES =
      """
      SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) AS owner,
             pg_has_role(c.relowner, 'USAGE') AS owned, NOT (:bare) AS identified,
             EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                       AND d.objid = c.oid AND d.deptype = 'e') AS extension
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'p'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND (n.nspname, c.relname) NOT IN (
              SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = :publication)
        AND :extent
      ORDER BY 1, 2
      """
          .replace(":bare", Publication.WITHOUT_IDENTITY);

  /** Those that it does not hold. */
  static List<UnpublishedTable> of(Connection source, String publication, PullExtent extent)
      throws SQLException {
    return Query.list(
        source,
        CANDIDATES
            .replace(":publication", SqlText.literal(publication))
            .replace(":extent", extent.condition()),
        row -> {
          String schema = row.getString("nspname");
          String name = row.getString("relname");
          return new UnpublishedTable(
              SqlText.identifier(schema, name),
              SqlText.readable(schema, name),
              SqlText.readable(row.getString("owner")),
              row.getBoolean("owned"),
              row.getBoolean("identified"),
              row.getBoolean("extension"));
        });
  }

  /** Why it could not join, or that nobody has put it there. */
  String reason() {
    List<String> reasons = new ArrayList<>();
    if (!owned) {
      reasons.add("it belongs to role " + owner);
    }
    if (!identified) {
      reasons.add("without a replica identity production could no longer update it");
    }
    if (extension) {
      reasons.add("it belongs to an extension");
    }
    return reasons.isEmpty() ? "nobody has put it there" : String.join(", and ", reasons);
  }

  /** The statements after which it is followed. */
  String remedy(String publication) {
    String joining =
        "ALTER PUBLICATION %s ADD TABLE %s;".formatted(SqlText.readable(publication), readable);
    String identity =
        identified ? "" : "ALTER TABLE %s REPLICA IDENTITY FULL; ".formatted(readable);
    return identity + joining + (owned ? "" : " -- as a superuser, or as the owner of both");
  }

  void note(String publication, Fidelity fidelity) {
    fidelity.dropped(
        "following",
        readable,
        "its rows stay as pulled, since publication %s does not hold it: %s. To follow it: %s"
            .formatted(SqlText.readable(publication), reason(), remedy(publication)));
  }
}
