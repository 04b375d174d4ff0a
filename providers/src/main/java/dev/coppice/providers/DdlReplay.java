package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does in the base what was recorded on the source, in the transaction in which its changes are
 * written. What would not have the same outcome ends following, as {@code DRIFTED}.
 */
final class DdlReplay {

  private static final Logger LOG = LoggerFactory.getLogger(DdlReplay.class);

  /** They say nothing about a base. */
  private static final Set<String> NOT_FOR_A_BASE =
      Set.of(
          "CREATE PUBLICATION",
          "ALTER PUBLICATION",
          "DROP PUBLICATION",
          "CREATE SUBSCRIPTION",
          "ALTER SUBSCRIPTION",
          "DROP SUBSCRIPTION",
          "CREATE USER MAPPING",
          "ALTER USER MAPPING",
          "DROP USER MAPPING",
          "SECURITY LABEL",
          "REINDEX");

  /** The base's rows are the same without them. */
  private static final Set<String> MAY_FAIL =
      Set.of("GRANT", "REVOKE", "COMMENT", "ALTER DEFAULT PRIVILEGES");

  /** They concern other servers, or whatever a role happens to own. */
  private static final Set<String> NOT_REPEATABLE = Set.of("IMPORT FOREIGN SCHEMA", "DROP OWNED");

  private static final Set<String> EXTENSIONS =
      Set.of("CREATE EXTENSION", "ALTER EXTENSION", "DROP EXTENSION");

  /** Besides tables and what is like one. */
  private static final Set<String> OWNED =
      Set.of("aggregate", "function", "procedure", "schema", "type");

  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private final Connection base;
  private final DdlSession session;
  private final Set<String> callingFunctions;
  private final DdlTexts texts = new DdlTexts();
  private RecordedDdl.Gathering gathering = new RecordedDdl.Gathering();

  /**
   * @param callingFunctions trigger functions that call other services, as {@code schema.name}
   */
  DdlReplay(Connection base, Set<String> callingFunctions) {
    this.base = base;
    this.session = new DdlSession(base);
    this.callingFunctions = Set.copyOf(callingFunctions);
  }

  /** What was told of a statement whose transaction was interrupted comes again. */
  void begin() {
    gathering = new RecordedDdl.Gathering();
  }

  /** Returns whether the base's definitions are others now. */
  boolean take(Map<String, String> row) throws SQLException {
    Optional<RecordedDdl> complete = gathering.add(row);
    return complete.isPresent() && take(complete.get());
  }

  private boolean take(RecordedDdl recorded) throws SQLException {
    Optional<DdlText> found = texts.find(recorded);
    if (skips(recorded, found)) {
      return false;
    }
    DdlText text =
        found.orElseThrow(() ->
            drifted(recorded, "it was run by what does not tell its text: " + shown(recorded)));
    requireRepeatable(recorded, text);
    DdlText here = text.withoutConcurrently();
    if (recorded.tag().equals("CREATE TABLE AS")) {
      here =
          here.withoutRows()
              .orElseThrow(
                  () -> drifted(recorded, "its text depends on the session: " + text.shown()));
    }
    run(recorded, here);
    return true;
  }

  private static boolean skips(RecordedDdl recorded, Optional<DdlText> text) {
    if (NOT_FOR_A_BASE.contains(recorded.tag())
        || recorded.ofRecorder()
        || recorded.temporary()
        || recorded.concernsOnly("extension")) {
      return true;
    }
    boolean start = recorded.event().equals("ddl_command_start");
    if (recorded.tag().equals("CREATE TABLE AS")) {
      requireKnownFromTheStart(recorded);
      return !start || text.filter(DdlText::temporary).isPresent();
    }
    boolean drop = recorded.event().equals("sql_drop");
    if (drop != recorded.isDrop()) {
      // Columns and the like, which the end of the statement tells; or nothing was dropped.
      return true;
    }
    // Within an extension's script.
    return text.isEmpty()
        && recorded.direct()
        && !EXTENSIONS.contains(recorded.tag())
        && DdlText.split(recorded.query()).stream()
            .anyMatch(one -> EXTENSIONS.stream().anyMatch(one::is));
  }

  /** Its rows came before it could join the publication. */
  private static void requireKnownFromTheStart(RecordedDdl recorded) {
    if (recorded.published()) {
      throw drifted(recorded, "its rows were not published");
    }
  }

  private void requireRepeatable(RecordedDdl recorded, DdlText text) throws SQLException {
    if (NOT_REPEATABLE.contains(recorded.tag()) || recorded.tag().equals("SELECT INTO")) {
      throw drifted(recorded, "its outcome here would be another: " + text.shown());
    }
    if (recorded.published() && !recorded.tag().equals("CREATE TABLE")) {
      throw drifted(recorded, "a table has joined the publication whose rows are older");
    }
    for (RecordedDdl.Rewritten rewritten : recorded.rewritten()) {
      if (rewritten.calculatedDefault()) {
        throw drifted(
            recorded, "each row of table " + rewritten.table() + " got a value of its own");
      }
      if (rewritten.changedPersistence()) {
        throw drifted(recorded, "table " + rewritten.table() + " is logged otherwise than before");
      }
      if (rewritten.changedType() && !isSteady(recorded, text)) {
        throw drifted(recorded, "its conversion depends on the moment: " + text.shown());
      }
    }
    if (callsOut(recorded, text)) {
      throw drifted(recorded, "it concerns triggers that call other services");
    }
  }

  /** Whether a conversion of all rows has the same outcome here. */
  private boolean isSteady(RecordedDdl recorded, DdlText text) throws SQLException {
    if (text.momentary()
        || !recorded.settings().getOrDefault("DateStyle", "ISO").startsWith("ISO")) {
      return false;
    }
    List<String> called = text.functionsInUsing();
    return called.isEmpty()
        || Query.text(
                base,
                "SELECT NOT EXISTS (SELECT FROM pg_proc WHERE provolatile = 'v' AND proname = ANY ("
                    + SqlText.names(called)
                    + "))")
            .equals("t");
  }

  /** Such triggers are switched off here, and without the keys that they hold there. */
  private boolean callsOut(RecordedDdl recorded, DdlText text) {
    boolean creates =
        recorded.tag().equals("CREATE TRIGGER")
            && callingFunctions.stream()
                .anyMatch(name -> text.names(name.substring(name.indexOf('.') + 1)));
    boolean enables =
        recorded.tag().equals("ALTER TABLE")
            && !callingFunctions.isEmpty()
            && text.names("ENABLE")
            && text.names("TRIGGER");
    return creates || enables;
  }

  private void run(RecordedDdl recorded, DdlText text) throws SQLException {
    Map<String, Integer> newest = newestColumns(recorded);
    execute("SAVEPOINT ddl");
    try {
      boolean asRole = runAs(recorded, text);
      for (RecordedDdl.Filled filled : recorded.filled()) {
        fill(filled, newest.getOrDefault(filled.schema() + "." + filled.table(), 0));
      }
      session.leave();
      settleOwners(recorded);
      if (!asRole) {
        giveToRole(recorded);
      }
      execute("RELEASE SAVEPOINT ddl");
      LOG.info("Done as on the source: {}", text.shown());
    } catch (SQLException e) {
      if (EngineFailure.isLocal(e)) {
        throw e;
      }
      execute("ROLLBACK TO SAVEPOINT ddl; RELEASE SAVEPOINT ddl");
      if (!MAY_FAIL.contains(recorded.tag())) {
        throw drifted(recorded, text.shown() + " failed here: " + e.getMessage());
      }
      LOG.warn("Left out, since it failed here: {}: {}", text.shown(), e.getMessage());
    }
  }

  /** As its role if that may do it here, where nobody is a superuser who was one there. */
  private boolean runAs(RecordedDdl recorded, DdlText text) throws SQLException {
    boolean superuser = recorded.role().superuser() || EXTENSIONS.contains(recorded.tag());
    session.enter(recorded.settings());
    if (superuser && !session.knows(recorded.role().name())) {
      execute(text.text());
      return false;
    }
    boolean asRole = true;
    execute("SAVEPOINT ddl_as_role");
    try {
      execute("SET LOCAL ROLE " + SqlText.identifier(recorded.role().name()));
      execute(text.text());
      execute("RESET ROLE");
    } catch (SQLException e) {
      if (!superuser || !INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
        throw e;
      }
      execute("ROLLBACK TO SAVEPOINT ddl_as_role");
      execute(text.text());
      asRole = false;
    }
    execute("RELEASE SAVEPOINT ddl_as_role");
    return asRole;
  }

  private Map<String, Integer> newestColumns(RecordedDdl recorded) throws SQLException {
    Map<String, Integer> newest = new HashMap<>();
    for (RecordedDdl.Filled filled : recorded.filled()) {
      Query.first(
              base,
              "SELECT max(attnum) FROM pg_attribute WHERE attrelid = to_regclass("
                  + SqlText.literal(SqlText.identifier(filled.schema(), filled.table()))
                  + ") HAVING max(attnum) IS NOT NULL",
              row -> row.getInt(1))
          .ifPresent(last -> newest.put(filled.schema() + "." + filled.table(), last));
    }
    return newest;
  }

  /** A default such as {@code now()} is calculated once, and was another value there. */
  private void fill(RecordedDdl.Filled filled, int newestBefore) throws SQLException {
    String table = SqlText.identifier(filled.schema(), filled.table());
    String column = SqlText.literal(filled.column());
    boolean differs =
        Query.first(
                base,
                "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s"
                        .formatted(SqlText.literal(table), column)
                    + " AND attnum > "
                    + newestBefore
                    + " AND attmissingval::text IS DISTINCT FROM "
                    + SqlText.literal(filled.values()),
                row -> 1)
            .isPresent();
    if (differs) {
      execute(
          "UPDATE ONLY %s SET %s = (%s::%s[])[1]"
              .formatted(
                  table,
                  SqlText.identifier(filled.column()),
                  SqlText.literal(filled.values()),
                  filled.type()));
    }
  }

  private void settleOwners(RecordedDdl recorded) throws SQLException {
    if (!recorded.tag().startsWith("CREATE ")) {
      return;
    }
    for (RecordedDdl.Touched made : recorded.objects()) {
      boolean known = made.owner().isPresent() && session.knows(made.owner().get());
      if (known
          && made.identity() != null
          && made.kind().matches("(foreign )?table|(materialized )?view")) {
        boolean differs =
            Query.text(
                    base,
                    "SELECT relowner::regrole <> %s::regrole FROM pg_class WHERE oid = %s::regclass"
                        .formatted(
                            SqlText.literal(SqlText.identifier(made.owner().get())),
                            SqlText.literal(made.identity())))
                .equals("t");
        if (differs) {
          execute(
              "ALTER TABLE "
                  + made.identity()
                  + " OWNER TO "
                  + SqlText.identifier(made.owner().get()));
        }
      }
    }
  }

  /** What the base's superuser made in the place of a role that is none here. */
  private void giveToRole(RecordedDdl recorded) throws SQLException {
    if (!recorded.tag().startsWith("CREATE ") || !session.knows(recorded.role().name())) {
      return;
    }
    for (RecordedDdl.Touched made : recorded.objects()) {
      if (made.identity() != null && OWNED.contains(made.kind())) {
        execute(
            "ALTER %s %s OWNER TO %s"
                .formatted(
                    made.kind(), made.identity(), SqlText.identifier(recorded.role().name())));
      }
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = base.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    }
  }

  private static String shown(RecordedDdl recorded) {
    return new DdlText(recorded.query()).shown();
  }

  private static SourceException drifted(RecordedDdl recorded, String why) {
    return FollowedTables.drifted("a statement " + recorded.tag() + " cannot be repeated: " + why);
  }
}
