package dev.coppice.providers;

import dev.coppice.providers.ExtensionMembers.Member;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Types that only a C library can read, as types whose values are any text. */
final class OpaqueTypes {

  /** A single number after the type's name is kept, anything else there is given up. */
  private static final String TYPES =
      """
      SELECT o.oid, quote_ident(n.nspname) AS schema, o.typname,
             quote_ident(pg_get_userbyid(o.typowner)) AS owner, o.typmodin <> 0 AS modified,
             NOT EXISTS (SELECT FROM pg_attribute a
                         WHERE a.atttypid IN (o.oid, o.typarray) AND a.atttypmod >= 0
                           AND format_type(a.atttypid, a.atttypmod) !~ '\\([0-9]+\\)(\\[\\])*$')
               AS numbered
      FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace
      """
          + ExtensionMembers.membership("pg_type")
          + " WHERE o.typtype = 'b' AND o.typelem = 0 ORDER BY o.oid";

  private final Connection source;
  private final String extension;

  OpaqueTypes(Connection source, String extension) {
    this.source = source;
    this.extension = extension;
  }

  List<Member> members(Set<Long> wanted) throws SQLException {
    record Type(long oid, Member member) {}
    return Query.list(
            source,
            ExtensionMembers.named(TYPES, extension),
            row ->
                new Type(
                    row.getLong("oid"),
                    member(
                        row.getString("schema"),
                        row.getString("typname"),
                        row.getString("owner"),
                        row.getBoolean("modified"),
                        row.getBoolean("numbered"))))
        .stream()
        .filter(type -> wanted.contains(type.oid))
        .map(Type::member)
        .toList();
  }

  private static Member member(
      String schema, String typname, String owner, boolean modified, boolean numbered) {
    String name = schema + "." + SqlText.identifier(typname);
    String stem = schema + ".";
    String in = stem + SqlText.identifier("coppice_" + typname + "_in");
    String out = stem + SqlText.identifier("coppice_" + typname + "_out");
    String modIn = stem + SqlText.identifier("coppice_" + typname + "_typmod_in");
    String modOut = stem + SqlText.identifier("coppice_" + typname + "_typmod_out");
    List<String> sql = new ArrayList<>();
    sql.add("CREATE TYPE " + name);
    sql.add(internal(in + "(cstring) RETURNS " + name, "textin"));
    sql.add(internal(out + "(" + name + ") RETURNS cstring", "textout"));
    String modifier = "";
    if (modified) {
      // Of an array, array_ndims takes any; varchartypmodout shows nothing of numbers below 5.
      sql.add(
          internal(
              modIn + "(cstring[]) RETURNS integer", numbered ? "varchartypmodin" : "array_ndims"));
      sql.add(internal(modOut + "(integer) RETURNS cstring", "varchartypmodout"));
      modifier = ", TYPMOD_IN = " + modIn + ", TYPMOD_OUT = " + modOut;
    }
    sql.add(
        "CREATE TYPE %s (INPUT = %s, OUTPUT = %s%s, LIKE = pg_catalog.text)"
            .formatted(name, in, out, modifier));
    sql.add("ALTER TYPE " + name + " OWNER TO " + owner);
    return new Member("type", name, sql);
  }

  private static String internal(String signature, String symbol) {
    return "CREATE FUNCTION %s LANGUAGE internal IMMUTABLE STRICT AS '%s'"
        .formatted(signature, symbol);
  }
}
