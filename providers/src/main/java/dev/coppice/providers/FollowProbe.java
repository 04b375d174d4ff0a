package dev.coppice.providers;

import static java.util.stream.Collectors.joining;

import dev.coppice.providers.profile.Endpoint;
import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Replication;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at what following takes beyond a pull. What is missing is a warning, since the source can
 * still be pulled.
 */
final class FollowProbe {

  private static final String USERS_TABLES =
      """
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'p'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                          AND d.objid = c.oid AND d.deptype = 'e')
      """;

  private static final String RAISE_KEPT_LOG =
      "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();"
          + " -- or the host's setting of that name";

  private static final long LEAST_MEGABYTES = 1024;
  private static final int KEPT_FRACTION = 10;

  private record State(
      String walLevel,
      boolean standby,
      boolean feedback,
      int slots,
      int slotsUsed,
      int senders,
      int sendersUsed,
      int prepared,
      int keepMegabytes,
      long databaseMegabytes) {

    /** All that is written while it is pulled is kept for the slot. */
    boolean keepsLittle() {
      return keepMegabytes >= 0
          && keepMegabytes < Math.max(LEAST_MEGABYTES, databaseMegabytes / KEPT_FRACTION);
    }
  }

  private final Connection connection;
  private final PullExtent extent;
  private final Provider provider;
  private final Endpoint endpoint;
  private final int major;
  private final String role;

  FollowProbe(
      Connection connection, Provider provider, Endpoint endpoint, PullExtent extent, int major)
      throws SQLException {
    this.connection = connection;
    this.extent = extent;
    this.provider = provider;
    this.endpoint = endpoint;
    this.major = major;
    this.role = SqlText.readable(Query.text(connection, "SELECT current_user"));
  }

  List<Finding> probe() throws SQLException {
    State state = state();
    List<Finding> findings = new ArrayList<>();
    if (endpoint.kind() != Endpoint.Kind.DIRECT) {
      findings.add(obstacle("following: address", endpoint.reason(), endpoint.remedy()));
    }
    findings.add(changeStream(state));
    findings.add(right());
    findings.add(room(state));
    Finding publication = publication(state.standby);
    findings.add(publication);
    findings.add(identities());
    findings.add(
        definitions(state.standby, publication.item().outcome() == CheckItem.Outcome.PASSED));
    findings.add(keptLog(state));
    if (state.prepared > 0) {
      findings.add(
          Finding.warning(
              "following: prepared transactions",
              state.prepared + " are open, and a slot can only be made once they have ended",
              "SELECT * FROM pg_prepared_xacts; then COMMIT PREPARED or ROLLBACK PREPARED each."));
    }
    return findings;
  }

  private State state() throws SQLException {
    return Query.first(
            connection,
            """
            SELECT current_setting('wal_level') AS level, pg_is_in_recovery() AS standby,
                   current_setting('hot_standby_feedback')::boolean AS feedback,
                   current_setting('max_replication_slots')::integer AS slots,
                   (SELECT count(*) FROM pg_replication_slots) AS slotsused,
                   current_setting('max_wal_senders')::integer AS senders,
                   (SELECT count(*) FROM pg_stat_replication) AS sendersused,
                   (SELECT count(*) FROM pg_prepared_xacts
                    WHERE database = current_database()) AS prepared,
                   (SELECT setting::integer FROM pg_settings
                    WHERE name = 'max_slot_wal_keep_size') AS keep,
                   pg_database_size(current_database()) / 1024 / 1024 AS size
            """,
            row ->
                new State(
                    row.getString("level"),
                    row.getBoolean("standby"),
                    row.getBoolean("feedback"),
                    row.getInt("slots"),
                    row.getInt("slotsused"),
                    row.getInt("senders"),
                    row.getInt("sendersused"),
                    row.getInt("prepared"),
                    row.getInt("keep"),
                    row.getLong("size")))
        .orElseThrow();
  }

  private Finding changeStream(State state) {
    if (!state.walLevel.equals("logical")) {
      return obstacle(
          "following: changes",
          "wal_level is " + state.walLevel + ", so the server tells nobody its changes",
          provider.replication().enabling());
    }
    if (state.standby && major < 16) {
      return obstacle(
          "following: changes",
          "a standby tells its changes only from PostgreSQL 16 on",
          "Use the address of the primary.");
    }
    if (state.standby) {
      return standby(state);
    }
    return Finding.passed("following: changes", "wal_level is logical");
  }

  /** Without feedback the primary soon removes what decoding needs of its catalogue. */
  private static Finding standby(State state) {
    String what = "following: changes";
    return state.feedback
        ? Finding.passed(
            what,
            "wal_level is logical; it is to be so on the primary too. A slot can be made once the"
                + " primary has told the standby which transactions run, as"
                + " SELECT pg_log_standby_snapshot() does there at once")
        : Finding.warning(
            what,
            "without hot_standby_feedback the slot is lost when the primary removes rows of its"
                + " catalogue, and all of the source is pulled anew",
            "ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf(); -- on the standby,"
                + " which best has a physical slot on its primary");
  }

  private Finding right() throws SQLException {
    Replication replication = provider.replication();
    boolean may = Query.text(connection, mayReplicate(replication)).equals("t");
    return may
        ? Finding.passed("following: right", role + " may replicate")
        : obstacle(
            "following: right", role + " may not replicate", replication.grant().formatted(role));
  }

  /** The attribute, or membership in a role that the provider has for it. */
  static String mayReplicate(Replication replication) {
    return "SELECT rolsuper OR rolreplication OR "
        + memberOf(replication.membersOf())
        + " FROM pg_roles WHERE rolname = current_user";
  }

  private static String memberOf(Iterable<String> roles) {
    List<String> names = new ArrayList<>();
    roles.forEach(name -> names.add(SqlText.literal(name)));
    return names.isEmpty()
        ? "false"
        : "EXISTS (SELECT FROM pg_roles g WHERE g.rolname IN ("
            + String.join(", ", names)
            + ") AND pg_has_role(g.oid, 'MEMBER'))";
  }

  private Finding room(State state) {
    boolean slots = state.slotsUsed < state.slots;
    boolean senders = state.sendersUsed < state.senders;
    String found =
        "%d of %d replication slots and %d of %d senders are in use"
            .formatted(state.slotsUsed, state.slots, state.sendersUsed, state.senders);
    return slots && senders
        ? Finding.passed("following: room", found)
        : obstacle(
            "following: room",
            found,
            "Raise max_replication_slots and max_wal_senders (both need a restart), or drop a slot"
                + " that nobody uses: SELECT * FROM pg_replication_slots WHERE NOT active;");
  }

  private Finding publication(boolean standby) throws SQLException {
    String what = "following: publication";
    if (Publication.exists(connection, Publication.PREPARED)) {
      return prepared(what);
    }
    if (standby) {
      return obstacle(
          what,
          "a standby can be given none",
          "CREATE PUBLICATION coppice FOR ALL TABLES; -- on its primary; or name another with"
              + " --publication");
    }
    if (isOneOf(provider.replication().publishers())) {
      return Finding.passed(what, role + " may publish all tables");
    }
    List<String> published =
        Query.list(
            connection,
            "SELECT pubname FROM pg_publication WHERE puballtables ORDER BY 1",
            row -> SqlText.readable(row.getString(1)));
    if (!published.isEmpty()) {
      return Finding.passed(
          what, "there is one of all tables; take it with --publication " + published.getFirst());
    }
    List<String> all = tables("");
    List<String> foreign = tables("AND NOT pg_has_role(c.relowner, 'USAGE')");
    boolean create =
        Query.text(connection, "SELECT has_database_privilege(current_database(), 'CREATE')")
            .equals("t");
    if (create && foreign.isEmpty()) {
      return Finding.passed(what, role + " may publish each table, as its owner");
    }
    String remedy =
        "CREATE PUBLICATION coppice FOR ALL TABLES; -- as a superuser, else as their owner:\n"
            + "CREATE PUBLICATION coppice FOR TABLE "
            + listed(all)
            + ";";
    if (!create) {
      return obstacle(what, role + " may not create a publication in this database", remedy);
    }
    return foreign.size() == all.size()
        ? obstacle(what, role + " owns none of the tables", remedy)
        : Finding.warning(
            what,
            "rows of these stay as pulled, since "
                + role
                + " does not own them: "
                + String.join(", ", foreign),
            remedy);
  }

  /** Of the one that an operator has made for us. */
  private Finding prepared(String what) throws SQLException {
    String name = Publication.PREPARED;
    List<UnpublishedTable> missing =
        UnpublishedTable.of(connection, name, extent).stream()
            .filter(table -> !table.extension())
            .toList();
    if (missing.isEmpty()) {
      return Finding.passed(what, name + " holds every table");
    }
    return Finding.warning(
        what,
        "rows of these stay as pulled, since publication %s does not hold them: %s"
            .formatted(
                name, missing.stream().map(UnpublishedTable::readable).collect(joining(", "))),
        missing.stream().map(table -> table.remedy(name)).collect(joining("\n")));
  }

  /** Production itself could no longer update a published table that lacks one. */
  private Finding identities() throws SQLException {
    List<String> tables = tables("AND (" + Publication.WITHOUT_IDENTITY + ")");
    if (tables.isEmpty()) {
      return Finding.passed("following: replica identity", "every table has one");
    }
    StringBuilder remedy = new StringBuilder();
    tables.forEach(
        table -> remedy.append("ALTER TABLE ").append(table).append(" REPLICA IDENTITY FULL;\n"));
    return Finding.warning(
        "following: replica identity",
        "without a primary key updates and deletes name no row, so rows of these stay as pulled: "
            + String.join(", ", tables),
        remedy.toString().strip());
  }

  /**
   * Without a recorder following works, until a table is changed.
   *
   * @param standby where nothing can be made
   * @param publishable whether nobody has to make a publication first
   */
  private Finding definitions(boolean standby, boolean publishable) throws SQLException {
    String what = "following: definitions";
    if (DdlRecorder.PREPARED.present(connection)) {
      return Finding.passed(what, "event triggers record what is defined");
    }
    boolean may = !standby && isOneOf(provider.eventTriggerMakers());
    String sql = DdlRecorder.PREPARED.sql() + recorderPublished(publishable);
    return Finding.warning(
        what,
        "nothing records what is defined, so a table that is altered is copied anew, or all of the"
            + " source, and what no row tells of stays as it was pulled",
        (may
                ? "Add the source with --ddl, and event triggers are made and removed for you. Or:\n"
                : "As a superuser, in this database%s:\n"
                    .formatted(standby ? " on the primary" : ""))
            + sql.strip());
  }

  /** Only its owner can add its table to a publication, and one of our own would not be that. */
  private String recorderPublished(boolean publishable) throws SQLException {
    String name = Publication.PREPARED;
    if (!publishable || Publication.exists(connection, name)) {
      return DdlRecorder.PREPARED.publishing(name) + "; -- unless that one is for all tables\n";
    }
    List<String> published =
        new ArrayList<>(tables("AND NOT (" + Publication.WITHOUT_IDENTITY + ")"));
    published.add(SqlText.readable(name, DdlRecorder.TABLE));
    return "CREATE PUBLICATION " + name + " FOR TABLE " + listed(published) + ";\n";
  }

  private boolean isOneOf(Iterable<String> roles) throws SQLException {
    return Query.text(
            connection,
            "SELECT rolsuper OR " + memberOf(roles) + " FROM pg_roles WHERE rolname = current_user")
        .equals("t");
  }

  private Finding keptLog(State state) {
    String retention = provider.replication().retention();
    String detail =
        state.keepMegabytes < 0
            ? "without bound: while Coppice is away, the log for it grows on the source's disk"
            : "up to %d MB; a Coppice that was away for more of them starts over with a new pull"
                .formatted(state.keepMegabytes);
    String what = "following: log kept";
    if (state.keepsLittle()) {
      String little =
          detail
              + ". That is little for a database of %d MB: all that is written while it is pulled, or"
                  .formatted(state.databaseMegabytes)
              + " a table copied anew, counts too. ";
      return Finding.warning(what, (little + retention).strip(), RAISE_KEPT_LOG);
    }
    return state.keepMegabytes < 0
        ? Finding.warning(what, (detail + " " + retention).strip(), RAISE_KEPT_LOG)
        : Finding.passed(what, (detail + " " + retention).strip());
  }

  private List<String> tables(String condition) throws SQLException {
    return Query.list(
        connection,
        "SELECT n.nspname, c.relname "
            + USERS_TABLES
            + "AND "
            + extent.condition()
            + " "
            + condition
            + " ORDER BY 1, 2",
        row -> SqlText.readable(row.getString(1), row.getString(2)));
  }

  private static Finding obstacle(String what, String detail, String remedy) {
    return Finding.obstacle(what, detail, remedy);
  }

  private static String listed(List<String> names) {
    return names.isEmpty() ? "…" : String.join(", ", names);
  }
}
