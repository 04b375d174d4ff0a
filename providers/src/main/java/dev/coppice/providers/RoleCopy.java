package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates the source's roles in the engine, without passwords. They are read from {@code pg_roles}
 * and {@code pg_auth_members}, which every role may read, and which hold all that {@code pg_dumpall
 * --roles-only --no-role-passwords} would tell.
 */
final class RoleCopy {

  private record Role(
      String name,
      String attributes,
      boolean superuser,
      boolean replication,
      int connectionLimit,
      @Nullable String validUntil,
      List<String> settings,
      @Nullable String comment) {}

  private record Membership(
      String role,
      String member,
      boolean admin,
      @Nullable Boolean inherit,
      @Nullable Boolean set) {}

  private static final int FIRST_MAJOR_WITH_MEMBERSHIP_OPTIONS = 16;
  private static final int FIRST_MAJOR_WITH_PARAMETER_GRANTS = 15;

  private static final String ONLY_OWNER = "INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOBYPASSRLS";

  private final Connection source;
  private final Connection engine;
  private final SourceFacts facts;
  private final Provider provider;
  private final String bootstrap;
  private final Fidelity fidelity;
  private final List<Role> roles = new ArrayList<>();

  /** Who is a superuser until everything has its owner. */
  private final Set<String> elevated = new HashSet<>();

  RoleCopy(
      Connection source,
      Connection engine,
      SourceFacts facts,
      Provider provider,
      String bootstrap,
      Fidelity fidelity) {
    this.source = source;
    this.engine = engine;
    this.facts = facts;
    this.provider = provider;
    this.bootstrap = bootstrap;
    this.fidelity = fidelity;
  }

  /**
   * Roles start as superusers where they are that on the source, or own what only a superuser may
   * be given; {@link #settle} takes it away again once everything has its owner.
   */
  void create() throws SQLException {
    readRoles();
    readElevated();
    Set<String> present = existing();
    for (Role role : roles) {
      if (present.contains(role.name)) {
        fidelity.changed(
            "role",
            SqlText.readable(role.name),
            role.name.equals(bootstrap)
                ? "it has the name of the engine's own superuser and so is a superuser here"
                : "a role of that name was there already");
        continue;
      }
      Query.run(engine, "CREATE ROLE " + SqlText.identifier(role.name) + " " + attributes(role));
      if (role.comment != null) {
        attempt(
            "comment",
            role.name,
            "COMMENT ON ROLE "
                + SqlText.identifier(role.name)
                + " IS "
                + SqlText.literal(role.comment));
      }
      present.add(role.name);
    }
    for (Membership membership : memberships()) {
      grant(membership, present);
    }
    grantParameters(present);
  }

  /** Takes superuser and replication away, and applies what the roles have set for themselves. */
  void settle() throws SQLException {
    for (Role role : roles) {
      if (role.name.equals(bootstrap)) {
        continue;
      }
      String name = SqlText.identifier(role.name);
      if (elevated.contains(role.name)) {
        Query.run(engine, "ALTER ROLE " + name + " NOSUPERUSER");
      }
      if (role.superuser || role.replication) {
        String lost =
            role.superuser ? "is no superuser and may not replicate" : "may not replicate";
        fidelity.changed("role", SqlText.readable(role.name), "it " + lost + " in a base");
      }
      for (String setting : role.settings) {
        SettingStatement.of("ALTER ROLE " + name, setting)
            .ifPresentOrElse(
                sql -> attempt("role setting", role.name + " " + settingName(setting), sql),
                () ->
                    fidelity.dropped(
                        "role setting",
                        role.name + " " + settingName(setting),
                        "libraries that are loaded at login may be missing here"));
      }
    }
  }

  private void readRoles() throws SQLException {
    roles.addAll(
        Query.list(
            source,
            """
            SELECT rolname, rolsuper, rolreplication, rolconnlimit, rolconfig,
                   rolvaliduntil::text AS validuntil,
                   shobj_description(oid, 'pg_authid') AS comment,
                   concat_ws(' ',
                     CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
                     CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
                     CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
                     CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
                     CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END) AS attributes
            FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY oid
            """,
            row ->
                new Role(
                    row.getString("rolname"),
                    row.getString("attributes"),
                    row.getBoolean("rolsuper"),
                    row.getBoolean("rolreplication"),
                    row.getInt("rolconnlimit"),
                    row.getString("validuntil"),
                    Query.texts(row, "rolconfig"),
                    row.getString("comment"))));
  }

  /** The host's own roles; they are here because something belongs to them. */
  private boolean administers(Role role) {
    return provider.administrators().contains(role.name);
  }

  private String attributes(Role role) {
    StringBuilder text =
        new StringBuilder(administers(role) ? ONLY_OWNER : role.attributes)
            .append(" NOREPLICATION");
    text.append(elevated.contains(role.name) ? " SUPERUSER" : " NOSUPERUSER");
    if (role.connectionLimit != -1) {
      text.append(" CONNECTION LIMIT ").append(role.connectionLimit);
    }
    if (role.validUntil != null) {
      text.append(" VALID UNTIL ").append(SqlText.literal(role.validUntil));
    }
    return text.toString();
  }

  /** Event triggers and wrappers can only be given to superusers. */
  private void readElevated() throws SQLException {
    elevated.addAll(
        Query.list(
            source,
            """
            SELECT rolname FROM pg_roles WHERE rolsuper
            UNION SELECT pg_get_userbyid(evtowner) FROM pg_event_trigger
            UNION SELECT pg_get_userbyid(fdwowner) FROM pg_foreign_data_wrapper
            """,
            row -> row.getString(1)));
  }

  private Set<String> existing() throws SQLException {
    return new HashSet<>(
        Query.list(engine, "SELECT rolname FROM pg_roles", row -> row.getString(1)));
  }

  private List<Membership> memberships() throws SQLException {
    String options =
        facts.major() >= FIRST_MAJOR_WITH_MEMBERSHIP_OPTIONS
            ? "bool_or(m.inherit_option) AS inherit, bool_or(m.set_option) AS set"
            : "NULL::boolean AS inherit, NULL::boolean AS set";
    return Query.list(
        source,
        "SELECT pg_get_userbyid(m.roleid) AS role, pg_get_userbyid(m.member) AS member,"
            + " bool_or(m.admin_option) AS admin, "
            + options
            + " FROM pg_auth_members m WHERE m.member >= 16384 OR m.roleid >= 16384"
            + " GROUP BY 1, 2 ORDER BY 1, 2",
        row ->
            new Membership(
                row.getString("role"),
                row.getString("member"),
                row.getBoolean("admin"),
                (Boolean) row.getObject("inherit"),
                (Boolean) row.getObject("set")));
  }

  private void grant(Membership membership, Set<String> present) throws SQLException {
    String what = membership.role + " to " + membership.member;
    if (!present.contains(membership.role) || !present.contains(membership.member)) {
      fidelity.dropped("role membership", what, "the engine has no role of that name");
      return;
    }
    List<String> options = new ArrayList<>();
    if (membership.admin) {
      options.add(membership.inherit == null ? "ADMIN OPTION" : "ADMIN TRUE");
    }
    if (membership.inherit != null && membership.set != null) {
      options.add("INHERIT " + membership.inherit);
      options.add("SET " + membership.set);
    }
    attempt(
        "role membership",
        what,
        "GRANT "
            + SqlText.identifier(membership.role)
            + " TO "
            + SqlText.identifier(membership.member)
            + (options.isEmpty() ? "" : " WITH " + String.join(", ", options)));
  }

  private void grantParameters(Set<String> present) throws SQLException {
    if (facts.major() < FIRST_MAJOR_WITH_PARAMETER_GRANTS) {
      return;
    }
    record Grant(String parameter, String privilege, String grantee, boolean grantable) {}
    List<Grant> grants =
        Query.list(
            source,
            """
            SELECT p.parname, a.privilege_type, a.is_grantable,
                   CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee) END AS grantee
            FROM pg_parameter_acl p, aclexplode(p.paracl) a
            """,
            row ->
                new Grant(
                    row.getString("parname"),
                    row.getString("privilege_type"),
                    row.getString("grantee"),
                    row.getBoolean("is_grantable")));
    for (Grant grant : grants) {
      if (!grant.grantee.isEmpty() && !present.contains(grant.grantee)) {
        continue;
      }
      String to = grant.grantee.isEmpty() ? "PUBLIC" : SqlText.identifier(grant.grantee);
      attempt(
          "acl",
          "parameter " + grant.parameter,
          "GRANT "
              + grant.privilege
              + " ON PARAMETER "
              + grant.parameter
              + " TO "
              + to
              + (grant.grantable ? " WITH GRANT OPTION" : ""));
    }
  }

  private void attempt(String kind, String object, String sql) {
    try {
      Query.run(engine, sql);
    } catch (SQLException e) {
      fidelity.dropped(kind, object, String.valueOf(e.getMessage()));
    }
  }

  private static String settingName(String setting) {
    return setting.substring(0, Math.max(0, setting.indexOf('=')));
  }
}
