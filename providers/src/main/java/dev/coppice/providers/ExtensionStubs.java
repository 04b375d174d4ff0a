package dev.coppice.providers;

import dev.coppice.providers.ExtensionMembers.Member;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Makes in the engine what can be had of extensions that it does not have. */
final class ExtensionStubs {

  /** A check that calls a stub could not be answered for the rows that are to come. */
  private static final String UNANSWERABLE =
      """
      SELECT CASE WHEN k.conrelid <> 0 THEN 'TABLE ' || k.conrelid::regclass
                  ELSE 'DOMAIN ' || k.contypid::regtype END AS object, quote_ident(k.conname) AS name
      FROM pg_constraint k
      WHERE k.contype = 'c' AND k.conislocal AND EXISTS
        (SELECT FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid
         WHERE d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
           AND d.refclassid = 'pg_proc'::regclass AND starts_with(p.prosrc, :mark))
      """;

  private final ExtensionPlan plan;
  private final Fidelity fidelity;

  /** By extension; read while the source's snapshot is held. */
  private final Map<String, List<Member>> members = new LinkedHashMap<>();

  private final Map<String, List<String>> lost = new LinkedHashMap<>();

  ExtensionStubs(Connection source, ExtensionPlan plan, Fidelity fidelity) throws SQLException {
    this.plan = plan;
    this.fidelity = fidelity;
    for (String extension : plan.missing().keySet()) {
      ExtensionMembers reader = new ExtensionMembers(source, extension);
      members.put(extension, reader.read(plan.opaque()));
      lost.put(extension, reader.lost());
    }
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  /** Whatever needs another member waits for it; what can never be made is counted as lost. */
  void create(Connection engine) throws SQLException {
    Map<Member, String> waiting = new LinkedHashMap<>();
    members.forEach((extension, list) -> list.forEach(member -> waiting.put(member, extension)));
    Map<String, List<Member>> made = new LinkedHashMap<>();
    boolean progress = true;
    while (progress && !waiting.isEmpty()) {
      progress = false;
      for (Map.Entry<Member, String> next : List.copyOf(waiting.entrySet())) {
        if (make(engine, next.getKey())) {
          made.computeIfAbsent(next.getValue(), any -> new ArrayList<>()).add(next.getKey());
          waiting.remove(next.getKey());
          progress = true;
        }
      }
    }
    plan.missing()
        .forEach((extension, version) ->
            note(
                extension,
                version,
                made.getOrDefault(extension, List.of()),
                waiting.entrySet().stream()
                    .filter(left -> left.getValue().equals(extension))
                    .map(Map.Entry::getKey)
                    .toList()));
  }

  private static boolean make(Connection engine, Member member) throws SQLException {
    Query.run(engine, "BEGIN");
    try {
      for (String statement : member.statements()) {
        Query.run(engine, statement);
      }
      Query.run(engine, "COMMIT");
      return true;
    } catch (SQLException e) {
      Query.run(engine, "ROLLBACK");
      if (EngineFailure.isLocal(e)) {
        throw e;
      }
      return false;
    }
  }

  private void note(String extension, String version, List<Member> made, List<Member> failed) {
    List<String> gone = new ArrayList<>(lost.getOrDefault(extension, List.of()));
    counted(failed)
        .forEach(
            (kind, count) -> gone.add((kind.equals("stub") ? "function" : kind) + " " + count));
    List<String> kept = new ArrayList<>();
    counted(made).forEach((kind, count) -> kept.add(kind + " " + count));
    StringBuilder reason = new StringBuilder("the engine does not have it");
    if (!kept.isEmpty()) {
      reason
          .append("; made from the source's catalogues (how many of each kind): ")
          .append(String.join(", ", kept));
    }
    if (!gone.isEmpty()) {
      reason.append("; lost: ").append(String.join(", ", gone));
    }
    fidelity.add(
        new FidelityNote(
            "extension",
            extension + " " + version,
            made.isEmpty() ? "dropped" : "replaced",
            reason.toString()));
  }

  private static Map<String, Integer> counted(List<Member> members) {
    Map<String, Integer> counts = new TreeMap<>();
    members.forEach(member -> counts.merge(member.kind(), 1, Integer::sum));
    return counts;
  }

  /** Once the tables are there, and before their rows come. */
  void dropUnanswerableChecks(Connection engine) throws SQLException {
    record Check(String object, String name) {}
    List<Check> checks =
        Query.list(
            engine,
            UNANSWERABLE.replace(":mark", SqlText.literal(StubFunctions.MARK)),
            row -> new Check(row.getString("object"), row.getString("name")));
    for (Check check : checks) {
      Query.run(engine, "ALTER " + check.object + " DROP CONSTRAINT " + check.name);
      fidelity.dropped(
          "check constraint",
          check.name + " of " + check.object.toLowerCase(Locale.ROOT),
          "it calls a function of an extension that the engine does not have");
    }
  }
}
