package dev.coppice.providers;

import dev.coppice.providers.SqlTokens.Kind;
import dev.coppice.providers.SqlTokens.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** One statement that defines something, and what of its text must differ in a base. */
record DdlText(String text) {

  /** Between the first words of a statement and those of its tag. */
  private static final Set<String> BETWEEN =
      Set.of(
          "OR",
          "REPLACE",
          "GLOBAL",
          "LOCAL",
          "TEMP",
          "TEMPORARY",
          "UNLOGGED",
          "UNIQUE",
          "RECURSIVE",
          "TRUSTED",
          "PROCEDURAL",
          "CONSTRAINT",
          "DEFAULT");

  /** Their values are other ones whenever they are asked for. */
  private static final Set<String> MOMENTARY =
      Set.of(
          "CURRENT_DATE",
          "CURRENT_TIME",
          "CURRENT_TIMESTAMP",
          "LOCALTIME",
          "LOCALTIMESTAMP",
          "CURRENT_USER",
          "CURRENT_ROLE",
          "SESSION_USER",
          "USER",
          "SELECT");

  /** The statements of a text that a client has sent as one. */
  static List<DdlText> split(String query) {
    List<DdlText> statements = new ArrayList<>();
    int start = -1;
    int end = 0;
    int parentheses = 0;
    int blocks = 0;
    Token before = null;
    for (Token token : SqlTokens.of(query)) {
      parentheses += token.is("(") ? 1 : token.is(")") ? -1 : 0;
      // BEGIN ATOMIC … END is the body of a function, in which CASE … END may stand.
      if (token.is("ATOMIC") && before != null && before.is("BEGIN")) {
        blocks++;
      } else if (blocks > 0) {
        blocks += token.is("CASE") ? 1 : token.is("END") ? -1 : 0;
      }
      if (token.is(";") && parentheses <= 0 && blocks <= 0) {
        if (start >= 0) {
          statements.add(new DdlText(query.substring(start, end)));
        }
        start = -1;
      } else {
        start = start < 0 ? token.start() : start;
        end = token.end();
      }
      before = token;
    }
    if (start >= 0) {
      statements.add(new DdlText(query.substring(start, end)));
    }
    return statements;
  }

  /**
   * @param tag as event triggers name it, {@code CREATE INDEX} for example
   */
  boolean is(String tag) {
    List<String> wanted = List.of(tag.split(" "));
    int next = 0;
    for (Token token : SqlTokens.of(text)) {
      if (token.is(wanted.get(next))) {
        next++;
        if (next == wanted.size() || (next == 2 && tag.equals("CREATE TABLE AS"))) {
          return true;
        }
      } else if (!BETWEEN.contains(token.upper())) {
        return false;
      }
    }
    return false;
  }

  boolean temporary() {
    return SqlTokens.of(text).stream()
        .limit(4)
        .anyMatch(token -> token.is("TEMP") || token.is("TEMPORARY") || token.is("pg_temp"));
  }

  /** In a transaction, which the base is in. */
  DdlText withoutConcurrently() {
    StringBuilder kept = new StringBuilder();
    int from = 0;
    for (Token token : SqlTokens.of(text)) {
      if (token.is("CONCURRENTLY")) {
        kept.append(text, from, token.start());
        from = token.end();
      }
    }
    return new DdlText(kept.append(text, from, text.length()).toString());
  }

  /** For {@code CREATE TABLE … AS}, whose rows the stream brings. Empty if it cannot be told. */
  Optional<DdlText> withoutRows() {
    List<Token> tokens = SqlTokens.of(text);
    for (int i = 0; i + 1 < tokens.size(); i++) {
      if (tokens.get(i).is("AS") && tokens.get(i + 1).is("EXECUTE")) {
        return Optional.empty();
      }
    }
    String plain = text;
    int count = tokens.size();
    if (count > 2 && tokens.get(count - 1).is("DATA")) {
      int with = tokens.get(count - 2).is("NO") ? count - 3 : count - 2;
      if (with >= 0 && tokens.get(with).is("WITH")) {
        plain = text.substring(0, tokens.get(with).start());
      }
    }
    // A line of its own, since a comment may stand at the end.
    return Optional.of(new DdlText(plain + "\nWITH NO DATA"));
  }

  /** The names of functions that {@code USING} expressions may call, lower case. */
  List<String> functionsInUsing() {
    List<Token> tokens = SqlTokens.of(text);
    List<String> names = new ArrayList<>();
    boolean using = false;
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      using |= token.is("USING");
      boolean called = i + 1 < tokens.size() && tokens.get(i + 1).is("(");
      if (using && called && token.kind() != Kind.SIGN) {
        names.add(unquoted(token));
      }
    }
    return names;
  }

  /** Whether a {@code USING} expression says something else at another time. */
  boolean momentary() {
    boolean using = false;
    for (Token token : SqlTokens.of(text)) {
      using |= token.is("USING");
      if (using && token.kind() == Kind.WORD && MOMENTARY.contains(token.upper())) {
        return true;
      }
    }
    return false;
  }

  boolean names(String word) {
    return SqlTokens.of(text).stream()
        .anyMatch(token -> token.is(word) || unquoted(token).equals(word));
  }

  private static String unquoted(Token token) {
    return token.kind() == Kind.QUOTED
        ? token.text().replaceAll("^\"|\"$", "").replace("\"\"", "\"")
        : token.text().toLowerCase(Locale.ROOT);
  }

  /** For messages. */
  String shown() {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= 120 ? line : line.substring(0, 120) + "…";
  }
}
