package dev.coppice.providers;

import dev.coppice.providers.ExtensionMembers.Member;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * An extension's functions: those written in SQL or PL/pgSQL as they are, of the others one with
 * the same signature. A volatile one is called for what it does, so the stub does nothing, says so
 * once in a session and returns NULL; any other computes something, so its stub raises an error.
 */
final class StubFunctions {

  /** By which a stub is known again. */
  static final String MARK = "-- a stub of Coppice's";

  private static final String FUNCTIONS =
      """
      SELECT format('%I.%I', n.nspname, o.proname) AS name,
             CASE o.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS kind,
             pg_get_function_arguments(o.oid) AS arguments,
             pg_get_function_identity_arguments(o.oid) AS identity,
             coalesce(pg_get_function_result(o.oid), '') AS result,
             o.provolatile, o.proisstrict, o.proretset,
             coalesce(o.proargmodes && '{o,b,t}', false) AS out,
             l.lanname IN ('sql', 'plpgsql') AS readable,
             CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN pg_get_functiondef(o.oid) END AS definition,
             quote_ident(pg_get_userbyid(o.proowner)) AS owner,
             o.proacl IS NOT NULL AS restricted,
             ARRAY(SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC'
                               ELSE quote_ident(pg_get_userbyid(a.grantee)) END
                   FROM aclexplode(o.proacl) a WHERE a.grantee <> o.proowner) AS grantees
      FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace
      JOIN pg_language l ON l.oid = o.prolang
      """
          + ExtensionMembers.membership("pg_proc")
          + " WHERE o.prokind IN ('f', 'p') ORDER BY o.oid";

  private record Signature(
      String kind,
      String name,
      String arguments,
      String result,
      String volatility,
      boolean strict,
      boolean set,
      boolean out) {

    boolean eventTrigger() {
      return result.equals("event_trigger");
    }

    boolean acts() {
      return volatility.equals("v") && !result.equals("trigger");
    }
  }

  private final Connection source;
  private final String extension;

  StubFunctions(Connection source, String extension) {
    this.source = source;
    this.extension = extension;
  }

  List<Member> members() throws SQLException {
    return Query.list(
        source,
        ExtensionMembers.named(FUNCTIONS, extension),
        row -> {
          Signature signature =
              new Signature(
                  row.getString("kind"),
                  row.getString("name"),
                  row.getString("arguments"),
                  row.getString("result"),
                  row.getString("provolatile"),
                  row.getBoolean("proisstrict"),
                  row.getBoolean("proretset"),
                  row.getBoolean("out"));
          boolean readable = row.getBoolean("readable");
          List<String> statements = new ArrayList<>();
          statements.add(readable ? row.getString("definition") : stub(signature));
          String target =
              "%s %s(%s)".formatted(signature.kind, signature.name, row.getString("identity"));
          statements.add("ALTER " + target + " OWNER TO " + row.getString("owner"));
          if (row.getBoolean("restricted")) {
            statements.add("REVOKE ALL ON " + target + " FROM PUBLIC");
            for (String grantee : Query.texts(row, "grantees")) {
              statements.add("GRANT EXECUTE ON " + target + " TO " + grantee);
            }
          }
          return new Member(readable ? "function" : "stub", signature.name, statements);
        });
  }

  private String stub(Signature function) {
    StringBuilder sql =
        new StringBuilder("CREATE ")
            .append(function.kind)
            .append(' ')
            .append(function.name)
            .append('(')
            .append(function.arguments)
            .append(')');
    if (!function.result.isEmpty()) {
      sql.append(" RETURNS ").append(function.result);
      if (!function.volatility.equals("v")) {
        sql.append(function.volatility.equals("i") ? " IMMUTABLE" : " STABLE");
      }
      sql.append(function.strict ? " STRICT" : "");
    }
    return sql.append(" LANGUAGE plpgsql AS ").append(SqlText.literal(body(function))).toString();
  }

  private String body(Signature function) {
    String why =
        "%s belongs to extension %s, which this engine does not have"
            .formatted(function.name, extension);
    if (function.eventTrigger()) {
      return MARK + "\nBEGIN\nEND";
    }
    if (!function.acts()) {
      return """
      %s
      BEGIN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = %s;
      END\
      """
          .formatted(MARK, SqlText.literal(why));
    }
    boolean returns =
        !function.result.isEmpty()
            && !function.result.equals("void")
            && !function.set
            && !function.out;
    String told = SqlText.literal("coppice.told_" + extension.replaceAll("[^A-Za-z0-9_]", "_"));
    return """
    %s
    BEGIN
      IF coalesce(current_setting(%s, true), '') = '' THEN
        PERFORM set_config(%s, 'yes', false);
        RAISE WARNING USING MESSAGE = %s;
      END IF;%s
    END\
    """
        .formatted(
            MARK,
            told,
            told,
            SqlText.literal(why + "; it does nothing"),
            returns ? "\n  RETURN NULL;" : "");
  }
}
