package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What a pull leaves out on purpose, object by object. */
final class NotCopied {

  private record Kind(String name, String action, String sql, String reason) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              "user mapping",
              "dropped",
              """
              SELECT CASE WHEN umuser = 0 THEN 'public' ELSE quote_ident(usename) END
                     || ' on ' || quote_ident(srvname)
              FROM pg_user_mappings
              """,
              "a base must not log in to other servers as production does"),
          new Kind(
              "publication",
              "dropped",
              "SELECT quote_ident(pubname) FROM pg_publication",
              "nobody subscribes to a base"),
          new Kind(
              "subscription",
              "dropped",
              """
              SELECT quote_ident(subname) FROM pg_subscription
              WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
              """,
              "a base must not take the place of the real subscriber"),
          new Kind(
              "security label",
              "dropped",
              "SELECT DISTINCT provider || ' on ' || objname FROM pg_seclabels",
              "its provider is not loaded in the engine"),
          new Kind(
              "tablespace",
              "replaced",
              "SELECT quote_ident(spcname) FROM pg_tablespace WHERE oid NOT IN (1663, 1664)",
              "its contents are in the default tablespace"),
          new Kind(
              "foreign table",
              "changed",
              "SELECT ftrelid::regclass::text FROM pg_foreign_table",
              "its definition is here, its rows stay where they are and cannot be reached"));

  private NotCopied() {}

  static void note(Connection source, Fidelity fidelity) throws SQLException {
    for (Kind kind : KINDS) {
      for (String object : Query.list(source, kind.sql, row -> row.getString(1))) {
        fidelity.add(new FidelityNote(kind.name, object, kind.action, kind.reason));
      }
    }
  }
}
