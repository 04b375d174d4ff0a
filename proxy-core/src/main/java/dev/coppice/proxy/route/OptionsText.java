package dev.coppice.proxy.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The startup parameter {@code options}: a command line for the engine, of which the proxy takes
 * its own setting {@code coppice.branch} out. Words are split as Postgres's pg_split_opts does: at
 * white space, a backslash makes the next character an ordinary one.
 *
 * @param branches the values that {@code coppice.branch} was given, unescaped
 * @param remaining what is left for the engine, escapes and all
 */
record OptionsText(List<String> branches, String remaining) {

  private static final String SETTING = "coppice.branch";

  /** Switches of postgres whose value may be the next word (process_postgres_switches). */
  private static final String SWITCHES_WITH_VALUE = "BcCDdfhkNprStvW";

  /** A word as it was written and as it is meant. */
  private record Word(String raw, String meaning) {}

  static OptionsText parse(String options) {
    List<Word> words = split(options);
    List<String> branches = new ArrayList<>();
    List<String> remaining = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      Word word = words.get(i);
      boolean takesNext = takesNext(word.meaning()) && i + 1 < words.size();
      String setting = takesNext ? word.meaning() + words.get(i + 1).meaning() : word.meaning();
      String branch = branchOf(setting);
      if (branch != null) {
        branches.add(branch);
      } else {
        remaining.add(word.raw());
        if (takesNext) {
          remaining.add(words.get(i + 1).raw());
        }
      }
      if (takesNext) {
        i++;
      }
    }
    return new OptionsText(List.copyOf(branches), String.join(" ", remaining));
  }

  private static boolean takesNext(String word) {
    return word.length() == 2
        && word.charAt(0) == '-'
        && SWITCHES_WITH_VALUE.indexOf(word.charAt(1)) >= 0;
  }

  private static @Nullable String branchOf(String setting) {
    if (!setting.startsWith("-c") && !setting.startsWith("--")) {
      return null;
    }
    String assignment = setting.substring(2);
    int equals = assignment.indexOf('=');
    if (equals < 0 || !assignment.substring(0, equals).toLowerCase(Locale.ROOT).equals(SETTING)) {
      return null;
    }
    return assignment.substring(equals + 1);
  }

  private static List<Word> split(String options) {
    List<Word> words = new ArrayList<>();
    int at = 0;
    while (at < options.length()) {
      if (isSpace(options.charAt(at))) {
        at++;
        continue;
      }
      int start = at;
      StringBuilder meaning = new StringBuilder();
      while (at < options.length() && !isSpace(options.charAt(at))) {
        if (options.charAt(at) == '\\') {
          at++;
        }
        if (at < options.length()) {
          meaning.append(options.charAt(at++));
        }
      }
      words.add(new Word(options.substring(start, at), meaning.toString()));
    }
    return words;
  }

  /** C's isspace. */
  private static boolean isSpace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }
}
