package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSnapshot;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names of snapshots, which unlike branches' never become part of an address. */
final class Names {

  private static final Pattern SNAPSHOT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern FRESH = Pattern.compile("\\d{8}-\\d{6}(-\\d+)?");
  private static final DateTimeFormatter BY_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Names() {}

  static String snapshot(String wished) {
    if (!SNAPSHOT.matcher(wished).matches()) {
      throw new BranchException(
          BranchFailure.NAME_INVALID,
          "That cannot be the name of a snapshot",
          "Use 1 to 63 letters, digits, dots, underscores and hyphens, beginning with a letter or"
              + " digit.");
    }
    return wished;
  }

  /** Whether a snapshot got its name from {@link #fresh}. */
  static boolean isFresh(String name) {
    return FRESH.matcher(name).matches();
  }

  /** A name that none of these snapshots has. */
  static String fresh(Instant now, List<StoredSnapshot> others) {
    Set<String> taken = others.stream().map(StoredSnapshot::name).collect(Collectors.toSet());
    String name = BY_TIME.format(now);
    String candidate = name;
    for (int i = 2; taken.contains(candidate); i++) {
      candidate = name + "-" + i;
    }
    return candidate;
  }
}
