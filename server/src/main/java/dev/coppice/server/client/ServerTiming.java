package dev.coppice.server.client;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The header in which a server says how long it worked (W3C, Server Timing). */
public final class ServerTiming {

  public static final String HEADER = "Server-Timing";

  private static final Pattern DURATION = Pattern.compile(";\\s*dur=(\\d+(?:\\.\\d+)?)");

  private ServerTiming() {}

  /** The header's value for one piece of work. */
  public static String of(String work, long nanos) {
    return String.format(Locale.ROOT, "%s;dur=%.3f", work, nanos / 1e6);
  }

  /** The first duration in milliseconds, or NaN where there is none. */
  public static double millis(@Nullable String header) {
    Matcher found = DURATION.matcher(header == null ? "" : header.toLowerCase(Locale.ROOT));
    return found.find() ? Double.parseDouble(found.group(1)) : Double.NaN;
  }
}
