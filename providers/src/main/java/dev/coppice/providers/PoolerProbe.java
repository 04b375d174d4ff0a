package dev.coppice.providers;

import dev.coppice.providers.profile.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.postgresql.PGConnection;

/**
 * Finds out whether each of our connections is a session of one and the same server. A pooler tells
 * a process number of its own at login; one that shares sessions gives two clients the same one.
 */
final class PoolerProbe {

  static final String REMEDY =
      "Use the address of Postgres itself, usually the same host at port 5432 (Supabase:"
          + " db.<project>.supabase.co; Neon: the host without -pooler; PlanetScale: port 5432).";

  private static final Set<Integer> POOLER_PORTS = Set.of(6432, 6543);

  private final SourceSessions sessions;

  PoolerProbe(SourceSessions sessions) {
    this.sessions = sessions;
  }

  Finding probe(Connection first, Endpoint endpoint) throws SQLException {
    if (endpoint.kind() == Endpoint.Kind.REFUSED) {
      return Finding.failed(
          SourceFailure.POOLER, "connection", endpoint.reason(), endpoint.remedy());
    }
    Connection second = sessions.open();
    try {
      if (sharesSessions(first, second)) {
        return Finding.failed(
            SourceFailure.POOLER,
            "connection",
            "a pooler that shares sessions between clients is in between; a snapshot cannot be"
                + " held through it",
            REMEDY);
      }
      boolean known = endpoint.kind() == Endpoint.Kind.PULL_ONLY;
      boolean between =
          known || first.unwrap(PGConnection.class).getBackendPID() != Integer.parseInt(pid(first));
      if (between && !known && POOLER_PORTS.contains(sessions.url().port())) {
        return Finding.failed(
            SourceFailure.POOLER, "connection", "this is the port of a pooler", REMEDY);
      }
      if (!sharesSnapshot(first, second)) {
        return Finding.failed(
            SourceFailure.POOLER,
            "connection",
            "two connections reached two different servers, so they cannot share a snapshot",
            "Use the address of one server, not one that balances between several.");
      }
      return between
          ? Finding.warning(
              "connection",
              known
                  ? endpoint.reason() + "; a pull works"
                  : "something that keeps sessions apart stands between this machine and Postgres;"
                      + " a pull works, following changes may not",
              known ? endpoint.remedy() : REMEDY)
          : Finding.passed("connection", "two sessions of the same server");
    } finally {
      sessions.close(second);
    }
  }

  private static boolean sharesSessions(Connection first, Connection second) throws SQLException {
    if (pid(first).equals(pid(second))) {
      return true;
    }
    String before = pid(first);
    Query.run(second, "BEGIN");
    try {
      return pid(second).equals(before) || !pid(first).equals(before);
    } finally {
      Query.run(second, "ROLLBACK");
    }
  }

  private static boolean sharesSnapshot(Connection first, Connection second) throws SQLException {
    Query.run(first, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    try {
      String snapshot = Query.text(first, "SELECT pg_catalog.pg_export_snapshot()");
      Query.run(second, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      try {
        Query.run(second, "SET TRANSACTION SNAPSHOT " + SqlText.literal(snapshot));
        return true;
      } catch (SQLException e) {
        return false;
      } finally {
        Query.run(second, "ROLLBACK");
      }
    } finally {
      Query.run(first, "ROLLBACK");
    }
  }

  private static String pid(Connection connection) throws SQLException {
    return Query.text(connection, "SELECT pg_catalog.pg_backend_pid()");
  }
}
