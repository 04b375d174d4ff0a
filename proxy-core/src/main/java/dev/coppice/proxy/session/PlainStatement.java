package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Tells statements that leave nothing in their session that {@code DISCARD ALL} would not take
 * away. Knows few, and takes every other for one that does: no settings of an extension's or an
 * application's own (their names stay known), no loaded libraries, no code that might do such
 * things unseen. Functions of the database's own are not its affair but {@link SessionCheck}'s.
 */
final class PlainStatement {

  private static final int MAX_BYTES = 4096;

  private static final Set<String> VERBS =
      words(
          "select insert update delete values with begin start commit end rollback abort show set");

  /** What may stand before a parenthesis; a name that is not here could be any function's. */
  private static final Set<String> BEFORE_PARENTHESIS =
      words(
          """
          all and any array as between by case cast coalesce count cross distinct else except exists
          extract filter from greatest having ilike in intersect join lateral least like limit not
          nullif offset on or over returning row select set some then union using values when where
          abs array_agg avg bool_and bool_or ceil char char_length concat current_database
          current_setting date_part date_trunc decimal floor gen_random_uuid generate_series
          json_agg json_build_object jsonb_agg jsonb_build_object length lower max min mod now
          numeric pg_backend_pid rank replace round row_number row_to_json string_agg substring sum
          timestamp timestamptz to_char to_json to_jsonb trim upper varchar version
          """);

  private PlainStatement() {}

  private static Set<String> words(String text) {
    return new HashSet<>(Arrays.asList(text.strip().split("\\s+", -1)));
  }

  /**
   * @param length of the text, without its final zero
   */
  static boolean is(ByteBuf bytes, int start, int length) {
    if (length > MAX_BYTES) {
      return false;
    }
    String text = bytes.toString(start, length, StandardCharsets.ISO_8859_1);
    return is(text.toLowerCase(Locale.ROOT));
  }

  /**
   * @param text in lower case
   */
  static boolean is(String text) {
    String statement = text.strip();
    if (statement.endsWith(";")) {
      statement = statement.substring(0, statement.length() - 1);
    }
    if (statement.isEmpty()) {
      return true;
    }
    String verb = firstWord(statement);
    if (!VERBS.contains(verb) || hidesSomething(statement)) {
      return false;
    }
    return switch (verb) {
      case "set" -> setsBuiltIn(statement);
      case "select", "with", "values" -> !hasWord(statement, "into") && callsNothing(statement);
      default -> callsNothing(statement);
    };
  }

  private static String firstWord(String text) {
    int end = 0;
    while (end < text.length() && isNamePart(text.charAt(end))) {
      end++;
    }
    return text.substring(0, end);
  }

  /**
   * Several statements, comments, dollar quotes, Unicode escapes; in doubt also within literals.
   */
  private static boolean hidesSomething(String text) {
    if (text.contains(";")
        || text.contains("--")
        || text.contains("/*")
        || text.contains("\\")
        || text.contains("u&")) {
      return true;
    }
    for (int at = text.indexOf('$'); at >= 0; at = text.indexOf('$', at + 1)) {
      if (at + 1 == text.length() || !isDigit(text.charAt(at + 1))) {
        return true;
      }
    }
    return false;
  }

  /** A setting with a dot in its name would stay known, if only as an empty one. */
  private static boolean setsBuiltIn(String text) {
    return text.chars().allMatch(c -> isNamePart((char) c) || " =',:+-".indexOf(c) >= 0);
  }

  private static boolean callsNothing(String text) {
    for (int at = text.indexOf('('); at >= 0; at = text.indexOf('(', at + 1)) {
      int end = withoutSpaceBefore(text, at);
      if (end == 0) {
        continue;
      }
      char before = text.charAt(end - 1);
      if (isNamePart(before)) {
        int start = nameStart(text, end);
        if (!BEFORE_PARENTHESIS.contains(text.substring(start, end))
            && !isTableOfInsert(text, start)) {
          return false;
        }
      } else if ("(,=<>+-*%|".indexOf(before) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isTableOfInsert(String text, int nameStart) {
    int end = withoutSpaceBefore(text, nameStart);
    return text.substring(nameStart(text, end), end).equals("into");
  }

  private static int withoutSpaceBefore(String text, int end) {
    int at = end;
    while (at > 0 && Character.isWhitespace(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  private static int nameStart(String text, int end) {
    int start = end;
    while (start > 0 && (isNamePart(text.charAt(start - 1)) || text.charAt(start - 1) == '.')) {
      start--;
    }
    return start;
  }

  private static boolean hasWord(String text, String word) {
    for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      int end = at + word.length();
      if ((at == 0 || !isNamePart(text.charAt(at - 1)))
          && (end == text.length() || !isNamePart(text.charAt(end)))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNamePart(char c) {
    return (c >= 'a' && c <= 'z') || isDigit(c) || c == '_' || c >= 0x80;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
