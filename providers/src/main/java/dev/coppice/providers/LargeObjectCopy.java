package dev.coppice.providers;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Copies large objects with owner, grants and comment, in the pull's snapshot. */
final class LargeObjectCopy {

  private record LargeObject(long oid, String owner, boolean readable) {}

  private static final int PIECE_BYTES = 4 * 1024 * 1024;
  private static final int COMMIT_EVERY = 1000;

  /** What may be read: one's own, what is granted, or everything as a superuser. */
  static final String READABLE =
      """
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
      OR pg_has_role(l.lomowner, 'USAGE')
      OR EXISTS (SELECT FROM aclexplode(l.lomacl) a
                 WHERE a.privilege_type = 'SELECT'
                   AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))
      """;

  private final Connection source;
  private final Connection engine;
  private final RateLimit rate;
  private final Fidelity fidelity;

  LargeObjectCopy(Connection source, Connection engine, RateLimit rate, Fidelity fidelity) {
    this.source = source;
    this.engine = engine;
    this.rate = rate;
    this.fidelity = fidelity;
  }

  /** Returns how many bytes they hold. */
  long run() throws SQLException, InterruptedException {
    List<LargeObject> objects =
        Query.list(
            source,
            "SELECT l.oid, pg_get_userbyid(l.lomowner) AS owner, "
                + READABLE
                + " AS readable FROM pg_largeobject_metadata l ORDER BY l.oid",
            row ->
                new LargeObject(
                    row.getLong("oid"), row.getString("owner"), row.getBoolean("readable")));
    long bytes = 0;
    int copied = 0;
    Query.run(engine, "BEGIN");
    for (LargeObject object : objects) {
      if (!object.readable) {
        fidelity.dropped(
            "large object",
            Long.toString(object.oid),
            "the role that reads the source has no SELECT on it");
        continue;
      }
      bytes += copy(object);
      if (++copied % COMMIT_EVERY == 0) {
        Query.run(engine, "COMMIT; BEGIN");
      }
    }
    Query.run(engine, "COMMIT");
    if (!objects.isEmpty()) {
      grantsAndComments();
    }
    return bytes;
  }

  /**
   * Each at once in the place of what is there; one that the source has no more is left as it is.
   */
  void replace(Collection<Long> oids) throws SQLException, InterruptedException {
    for (long oid : oids) {
      Optional<LargeObject> object =
          Query.first(
              source,
              "SELECT pg_get_userbyid(lomowner) FROM pg_largeobject_metadata WHERE oid = " + oid,
              row -> new LargeObject(oid, row.getString(1), true));
      if (object.isPresent()) {
        Query.run(engine, "BEGIN");
        Query.list(
            engine,
            "SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid = " + oid,
            row -> oid);
        copy(object.get());
        Query.run(engine, "COMMIT");
      }
    }
    grantsAndComments();
  }

  private long copy(LargeObject object) throws SQLException, InterruptedException {
    Query.run(engine, "SELECT lo_create(" + object.oid + ")");
    long offset = 0;
    try (PreparedStatement put = engine.prepareStatement("SELECT lo_put(?::oid, ?, ?)")) {
      while (true) {
        byte[] piece =
            Query.first(
                    source,
                    "SELECT lo_get(" + object.oid + ", " + offset + ", " + PIECE_BYTES + ")",
                    row -> row.getBytes(1))
                .orElseThrow();
        rate.pass(piece.length);
        if (piece.length > 0) {
          put.setLong(1, object.oid);
          put.setLong(2, offset);
          put.setBytes(3, piece);
          put.execute();
        }
        offset += piece.length;
        if (piece.length < PIECE_BYTES) {
          break;
        }
      }
    }
    Query.run(
        engine,
        "ALTER LARGE OBJECT " + object.oid + " OWNER TO " + SqlText.identifier(object.owner));
    return offset;
  }

  private void grantsAndComments() throws SQLException {
    List<String> statements = new ArrayList<>();
    statements.addAll(
        Query.list(
            source,
            """
            SELECT l.oid, a.privilege_type, a.is_grantable,
                   CASE WHEN a.grantee = 0 THEN 'PUBLIC'
                        ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
                   quote_ident(pg_get_userbyid(l.lomowner)) AS owner
            FROM pg_largeobject_metadata l, aclexplode(l.lomacl) a
            WHERE a.grantee <> l.lomowner AND (%s)
            """
                .formatted(READABLE),
            row ->
                "GRANT "
                    + row.getString("privilege_type")
                    + " ON LARGE OBJECT "
                    + row.getLong("oid")
                    + " TO "
                    + row.getString("grantee")
                    + (row.getBoolean("is_grantable") ? " WITH GRANT OPTION" : "")));
    statements.addAll(
        Query.list(
            source,
            """
            SELECT l.oid, obj_description(l.oid, 'pg_largeobject') AS comment
            FROM pg_largeobject_metadata l
            WHERE obj_description(l.oid, 'pg_largeobject') IS NOT NULL AND (%s)
            """
                .formatted(READABLE),
            row ->
                "COMMENT ON LARGE OBJECT "
                    + row.getLong("oid")
                    + " IS "
                    + SqlText.literal(row.getString("comment"))));
    for (String statement : statements) {
      try {
        Query.run(engine, statement);
      } catch (SQLException e) {
        fidelity.dropped("large object", statement, String.valueOf(e.getMessage()));
      }
    }
  }
}
