package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Creates the database in the engine, with the source's locale or the nearest one there is. */
final class DatabaseCopy {

  /**
   * @param loss what differs from the source, empty if nothing
   */
  private record Attempt(String options, String loss) {}

  private final Connection maintenance;
  private final SourceFacts facts;
  private final int engineMajor;
  private final Fidelity fidelity;

  /**
   * @param maintenance a session in {@code template1}
   */
  DatabaseCopy(Connection maintenance, SourceFacts facts, int engineMajor, Fidelity fidelity) {
    this.maintenance = maintenance;
    this.facts = facts;
    this.engineMajor = engineMajor;
    this.fidelity = fidelity;
  }

  void create() throws SQLException {
    String name = SqlText.identifier(facts.database());
    // initdb has made an empty database postgres, and a source may well be called that.
    if (facts.database().equals("postgres")) {
      Query.run(maintenance, "DROP DATABASE IF EXISTS postgres WITH (FORCE)");
    }
    @Nullable SQLException refused = null;
    for (Attempt attempt : attempts()) {
      try {
        Query.run(
            maintenance,
            "CREATE DATABASE "
                + name
                + " OWNER "
                + SqlText.identifier(facts.owner())
                + " TEMPLATE template0 ENCODING "
                + SqlText.literal(facts.encoding())
                + attempt.options);
        if (!attempt.loss.isEmpty()) {
          fidelity.changed("database", SqlText.readable(facts.database()), attempt.loss);
        }
        return;
      } catch (SQLException e) {
        refused = e;
        if (EngineFailure.isLocal(e)) {
          throw e;
        }
      }
    }
    throw refused == null ? new SQLException("no way to create the database") : refused;
  }

  private List<Attempt> attempts() {
    List<Attempt> attempts = new ArrayList<>();
    String libc = collations(facts.collate(), facts.ctype());
    String locale = facts.locale();
    if (facts.localeProvider().equals("libc")) {
      attempts.add(new Attempt(provider("libc") + libc, ""));
      String icu = icuName(facts.collate());
      if (!icu.isEmpty()) {
        addIcu(attempts, icu, "text is ordered by ICU locale " + icu);
      }
    } else if (facts.localeProvider().equals("icu") && locale != null) {
      String provider = provider("icu") + " ICU_LOCALE " + SqlText.literal(locale);
      attempts.add(new Attempt(provider + libc, ""));
      addIcu(attempts, locale, "text is ordered by the same ICU locale");
    } else if (locale != null) {
      String provider = provider("builtin") + " BUILTIN_LOCALE " + SqlText.literal(locale);
      attempts.add(new Attempt(provider + libc, ""));
      attempts.add(
          new Attempt(provider + collations("C", "C"), missing("the same builtin locale is used")));
    }
    attempts.add(
        new Attempt(
            provider("libc") + collations("C.UTF-8", "C.UTF-8"),
            missing("text is ordered by code point (C.UTF-8)")));
    attempts.add(
        new Attempt(
            provider("libc") + collations("C", "C"), missing("text is ordered by byte value (C)")));
    return attempts;
  }

  private void addIcu(List<Attempt> attempts, String icu, String effect) {
    if (engineMajor < 15) {
      return;
    }
    String provider = provider("icu") + " ICU_LOCALE " + SqlText.literal(icu);
    attempts.add(new Attempt(provider + collations("C.UTF-8", "C.UTF-8"), missing(effect)));
    attempts.add(new Attempt(provider + collations("C", "C"), missing(effect)));
  }

  private String missing(String effect) {
    return "this machine lacks locale "
        + facts.collate()
        + (facts.ctype().equals(facts.collate()) ? "" : " or " + facts.ctype())
        + ", so "
        + effect
        + "; order and comparison of text, and plans that depend on them, may differ";
  }

  private String provider(String name) {
    return engineMajor >= 15 ? " LOCALE_PROVIDER " + name : "";
  }

  private static String collations(String collate, String ctype) {
    return " LC_COLLATE " + SqlText.literal(collate) + " LC_CTYPE " + SqlText.literal(ctype);
  }

  /** {@code en-US} for {@code en_US.UTF-8}; empty for C, POSIX and what names no language. */
  static String icuName(String libc) {
    String bare = libc.replaceFirst("[.@].*", "");
    return bare.matches("[a-z]{2,3}(_[A-Z]{2})?") ? bare.replace('_', '-') : "";
  }
}
