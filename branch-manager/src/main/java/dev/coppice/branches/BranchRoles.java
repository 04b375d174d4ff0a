package dev.coppice.branches;

import static dev.coppice.branches.Statements.identifier;
import static dev.coppice.branches.Statements.literal;

import dev.coppice.branches.engine.EngineHost;
import dev.coppice.providers.FidelityNote;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The roles that clients of branches are. Prepared once, in the image that every branch starts
 * from: whoever logs in to a branch is no superuser and cannot become one, and can neither run
 * programs nor read files of the machine.
 */
final class BranchRoles {

  static final String READER = "coppice_reader";
  static final String WRITER = "coppice_writer";
  private static final Set<String> OURS = Set.of(EngineHost.SUPERUSER, READER, WRITER);

  /** Each is as good as being the engine's user (predefined-roles in Postgres's manual). */
  private static final String MACHINE_ROLES =
      "('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')";

  /** Since then CREATEROLE alone does not suffice to join any role. */
  private static final int FIRST_MAJOR_WITH_RESTRAINED_CREATEROLE = 16;

  private final Connection session;
  private final int major;
  private final String database;
  private final List<FidelityNote> notes = new ArrayList<>();

  BranchRoles(Connection session, int major, String database) {
    this.session = session;
    this.major = major;
    this.database = database;
  }

  /** The role that a connection string names, by access. */
  static String of(Access access, String owner) {
    return switch (access) {
      case READER -> READER;
      case WRITER -> WRITER;
      case OWNER -> owner;
      case SUPERUSER -> EngineHost.SUPERUSER;
    };
  }

  /** Whether a client of a branch with this access may be that role. */
  static boolean permitted(Access access, String role) {
    return switch (access) {
      case READER -> role.equals(READER);
      case WRITER -> role.equals(WRITER);
      case OWNER -> !OURS.contains(role);
      case SUPERUSER -> true;
    };
  }

  /** Returns the role that owns the database. */
  String prepare(boolean ownerWasSuperuser) throws SQLException {
    String owner =
        Statements.column(
                session,
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = "
                    + literal(database))
            .get(0);
    if (OURS.contains(owner)) {
      throw new BranchException(
          BranchFailure.SOURCE_FAILED,
          "The source's database belongs to a role named \"%s\", a name that Coppice needs"
              .formatted(owner),
          "Give the database another owner on the source: ALTER DATABASE … OWNER TO …");
    }
    takeSuperuserAway();
    closeTheWayToTheMachine();
    prepareOwner(owner, ownerWasSuperuser);
    prepareInternal(READER, "pg_read_all_data");
    prepareInternal(WRITER, "pg_read_all_data, pg_write_all_data");
    return owner;
  }

  List<FidelityNote> notes() {
    return notes;
  }

  private void takeSuperuserAway() throws SQLException {
    for (String role :
        Statements.column(
            session,
            "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname !~ '^pg_' AND rolname <> "
                + literal(EngineHost.SUPERUSER))) {
      Statements.run(session, "ALTER ROLE " + identifier(role) + " NOSUPERUSER");
      notes.add(
          new FidelityNote(
              "role", role, "changed", "It is no superuser in branches, so that nobody else is."));
    }
  }

  private void closeTheWayToTheMachine() throws SQLException {
    boolean grantors = major >= FIRST_MAJOR_WITH_RESTRAINED_CREATEROLE;
    for (List<String> membership :
        Statements.rows(
            session,
            "SELECT roleid::regrole::text, pg_get_userbyid(member), pg_get_userbyid(grantor)"
                + " FROM pg_auth_members WHERE pg_get_userbyid(member) !~ '^pg_'"
                + " AND pg_get_userbyid(roleid) IN "
                + MACHINE_ROLES)) {
      Statements.run(
          session,
          "REVOKE "
              + membership.get(0)
              + " FROM "
              + identifier(membership.get(1))
              + (grantors ? " GRANTED BY " + identifier(membership.get(2)) : "")
              + " CASCADE");
      notes.add(
          new FidelityNote(
              "role membership",
              membership.get(0) + " to " + membership.get(1),
              "dropped",
              "Clients of branches cannot run programs or use files of the machine."));
    }
    if (!grantors) {
      // Only superusers may grant a superuser role, and nobody can log in as these.
      Statements.run(
          session, "UPDATE pg_authid SET rolsuper = true WHERE rolname IN " + MACHINE_ROLES);
    }
  }

  /** Where the owner was superuser, it gets what is harmless of that. */
  private void prepareOwner(String owner, boolean wasSuperuser) throws SQLException {
    String name = identifier(owner);
    Statements.run(
        session, "ALTER ROLE " + name + " LOGIN CONNECTION LIMIT -1 VALID UNTIL 'infinity'");
    if (!wasSuperuser) {
      return;
    }
    Statements.run(session, "ALTER ROLE " + name + " CREATEDB CREATEROLE BYPASSRLS");
    Statements.run(
        session,
        "GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_read_all_data, pg_write_all_data TO "
            + name);
    for (String role :
        Statements.column(
            session,
            "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ("
                + literal(owner)
                + ", "
                + String.join(", ", OURS.stream().map(ours -> "'" + ours + "'").toList())
                + ") AND NOT pg_has_role("
                + literal(owner)
                + ", oid, 'MEMBER') AND NOT pg_has_role(oid, "
                + literal(owner)
                + ", 'MEMBER')")) {
      Statements.run(
          session,
          "GRANT "
              + identifier(role)
              + " TO "
              + name
              + (major >= FIRST_MAJOR_WITH_RESTRAINED_CREATEROLE ? " WITH ADMIN TRUE" : ""));
    }
  }

  private void prepareInternal(String role, String memberships) throws SQLException {
    if (Statements.column(session, "SELECT 1 FROM pg_roles WHERE rolname = " + literal(role))
        .isEmpty()) {
      Statements.run(session, "CREATE ROLE " + role);
    }
    Statements.run(
        session,
        "ALTER ROLE "
            + role
            + " LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION BYPASSRLS");
    Statements.run(session, "GRANT " + memberships + " TO " + role);
    Statements.run(session, "GRANT CONNECT ON DATABASE " + identifier(database) + " TO " + role);
  }
}
