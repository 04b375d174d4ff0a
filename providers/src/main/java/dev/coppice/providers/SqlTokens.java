package dev.coppice.providers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words and signs of an SQL text, as far as they are needed to tell its statements apart:
 * texts, quoted names and comments are not looked into.
 */
final class SqlTokens {

  enum Kind {
    WORD,
    /** A text or a quoted name. */
    QUOTED,
    SIGN
  }

  record Token(Kind kind, String text, int start, int end) {
    boolean is(String word) {
      return kind != Kind.QUOTED && text.equalsIgnoreCase(word);
    }

    String upper() {
      return text.toUpperCase(Locale.ROOT);
    }
  }

  private final String sql;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private SqlTokens(String sql) {
    this.sql = sql;
  }

  static List<Token> of(String sql) {
    return new SqlTokens(sql).read();
  }

  private List<Token> read() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      int start = at;
      if (Character.isWhitespace(c)) {
        at++;
      } else if (sql.startsWith("--", at)) {
        int line = sql.indexOf('\n', at);
        at = line < 0 ? sql.length() : line + 1;
      } else if (sql.startsWith("/*", at)) {
        skipComment();
      } else if (c == '\'') {
        skipQuoted(c, escapes());
        add(Kind.QUOTED, start);
      } else if (c == '"') {
        skipQuoted(c, false);
        add(Kind.QUOTED, start);
      } else if (c == '$' && dollarTag() > 0) {
        skipDollars(dollarTag());
        add(Kind.QUOTED, start);
      } else if (isWordStart(c)) {
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
          at++;
        }
        add(Kind.WORD, start);
      } else {
        at++;
        add(Kind.SIGN, start);
      }
    }
    return tokens;
  }

  private void add(Kind kind, int start) {
    tokens.add(new Token(kind, sql.substring(start, at), start, at));
  }

  private static boolean isWordStart(char c) {
    return Character.isLetter(c) || c == '_' || c > 127;
  }

  private static boolean isWordPart(char c) {
    return isWordStart(c) || Character.isDigit(c) || c == '$';
  }

  /** They nest. */
  private void skipComment() {
    int depth = 0;
    do {
      if (sql.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else if (sql.startsWith("*/", at)) {
        depth--;
        at += 2;
      } else {
        at++;
      }
    } while (depth > 0 && at < sql.length());
  }

  /** Whether the text that begins here is one with backslashes: {@code E'…'}. */
  private boolean escapes() {
    return !tokens.isEmpty() && tokens.getLast().end() == at && tokens.getLast().is("E");
  }

  /** A doubled quote ends a text and begins the next, which makes no difference here. */
  private void skipQuoted(char quote, boolean escapes) {
    at++;
    while (at < sql.length() && sql.charAt(at) != quote) {
      at += escapes && sql.charAt(at) == '\\' ? 2 : 1;
    }
    at = Math.min(at + 1, sql.length());
  }

  /** The length of {@code $$} or {@code $tag$}; 0 for a parameter's dollar. */
  private int dollarTag() {
    int end = at + 1;
    while (end < sql.length() && sql.charAt(end) != '$' && isWordPart(sql.charAt(end))) {
      end++;
    }
    boolean number = at + 1 < sql.length() && Character.isDigit(sql.charAt(at + 1));
    return !number && end < sql.length() && sql.charAt(end) == '$' ? end + 1 - at : 0;
  }

  private void skipDollars(int length) {
    String tag = sql.substring(at, at + length);
    int end = sql.indexOf(tag, at + length);
    at = end < 0 ? sql.length() : end + length;
  }
}
