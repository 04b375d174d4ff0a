package dev.coppice.branches;

import static dev.coppice.branches.Statements.identifier;
import static dev.coppice.branches.Statements.literal;

import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineSession;
import dev.coppice.providers.FidelityNote;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The SQL side of a seal: what is done once so that no branch has to. */
final class BaseImage {

  /**
   * @param owner the role that owns the database
   * @param settings those of the source that engines of this image accept
   */
  record Prepared(String owner, Map<String, String> settings, List<FidelityNote> notes) {}

  /** Settings that a session may change; the others belong to the machine, not to the data. */
  private static final String CHANGEABLE =
      "SELECT 1 FROM pg_settings WHERE context IN ('user', 'superuser') AND name = ";

  private final Path socket;
  private final String database;

  BaseImage(Path socket, String database) {
    this.socket = socket;
    this.database = database;
  }

  /**
   * On the base, while nothing depends on its pages: freezes what the pull did not, so that no
   * branch's autovacuum ever has to, and writes everything out.
   */
  void settle() {
    inDatabase(session -> {
      for (List<String> table :
          Statements.rows(
              session,
              "SELECT n.nspname, c.relname FROM pg_class c"
                  + " JOIN pg_namespace n ON n.oid = c.relnamespace"
                  + " WHERE c.relkind IN ('r', 'm') AND c.relpages > c.relallvisible"
                  + " AND c.relpersistence <> 't' ORDER BY c.relpages DESC")) {
        Statements.run(
            session,
            "VACUUM (FREEZE) " + identifier(table.get(0)) + "." + identifier(table.get(1)));
      }
      Statements.run(session, "CHECKPOINT");
    });
  }

  /** On the hidden child that becomes the snapshot. */
  Prepared prepare(int major, boolean ownerWasSuperuser, Map<String, String> wished) {
    List<FidelityNote> notes = new ArrayList<>();
    Map<String, String> settings = new TreeMap<>();
    List<String> owner = new ArrayList<>();
    inDatabase(session -> {
      neutralise(session);
      BranchRoles roles = new BranchRoles(session, major, database);
      owner.add(roles.prepare(ownerWasSuperuser));
      notes.addAll(roles.notes());
      for (Map.Entry<String, String> setting : wished.entrySet()) {
        if (accepted(session, setting.getKey(), setting.getValue())) {
          settings.put(setting.getKey(), setting.getValue());
        } else {
          notes.add(
              new FidelityNote(
                  "setting",
                  setting.getKey(),
                  "dropped",
                  "This engine does not accept %s = %s."
                      .formatted(setting.getKey(), setting.getValue())));
        }
      }
      // Or autovacuum would take the rows that were copied in for new ones, in every branch.
      Statements.run(session, "SELECT pg_stat_reset()");
      Statements.run(session, "CHECKPOINT");
    });
    return new Prepared(owner.get(0), settings, notes);
  }

  /** What would reach out of a branch, or hold back its log. */
  private static void neutralise(Connection session) throws SQLException {
    Statements.rows(
        session, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    Statements.rows(
        session, "SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin");
    for (String subscription : Statements.column(session, "SELECT subname FROM pg_subscription")) {
      String name = identifier(subscription);
      Statements.run(session, "ALTER SUBSCRIPTION " + name + " DISABLE");
      Statements.run(session, "ALTER SUBSCRIPTION " + name + " SET (slot_name = NONE)");
      Statements.run(session, "DROP SUBSCRIPTION " + name);
    }
  }

  private static boolean accepted(Connection session, String name, String value)
      throws SQLException {
    if (Statements.column(session, CHANGEABLE + literal(name)).isEmpty()) {
      return false;
    }
    try {
      Statements.rows(
          session, "SELECT set_config(" + literal(name) + ", " + literal(value) + ", false)");
      return true;
    } catch (SQLException e) {
      return false;
    } finally {
      Statements.run(session, "RESET ALL");
    }
  }

  @FunctionalInterface
  private interface Work {
    void in(Connection session) throws SQLException;
  }

  private void inDatabase(Work work) {
    Properties properties = EngineSession.properties(socket, database, EngineHost.SUPERUSER);
    // The source's event triggers are for what its users do; this outlasts RESET ALL.
    properties.setProperty("options", "-c session_replication_role=replica");
    try (Connection session = DriverManager.getConnection(EngineSession.URL, properties)) {
      work.in(session);
    } catch (SQLException e) {
      boolean full = "53100".equals(e.getSQLState());
      throw new BranchException(
          full ? BranchFailure.DISK_FULL : BranchFailure.SOURCE_FAILED,
          "The copy of database \"%s\" could not be prepared for branches: %s"
              .formatted(database, e.getMessage()),
          full
              ? "Free space below the data directory and add the source again."
              : "See the server's log, then add the source again.",
          e);
    }
  }
}
