package dev.coppice.proxy.route;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.wire.StartupPacket.StartupMessage;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the branch in whatever carries it and takes it out: {@code role.branch} as the user, {@code
 * database@branch}, {@code options=-c coppice.branch=branch}, or the host name {@code
 * branch.domain} of a TLS connection. Several may be used if they agree.
 */
public final class BranchCarriers {

  private static final String NAMING_HINT =
      "Name the branch in the user: postgres://<role>.<branch>:<password>@<host>/<database>."
          + " Also read: the database as <database>@<branch>, options=-ccoppice.branch=<branch>.";

  private final Optional<String> domain;

  /**
   * @param domain host names directly below it name a branch; without it, host names mean nothing
   */
  public BranchCarriers(Optional<String> domain) {
    this.domain = domain.map(name -> "." + name.toLowerCase(Locale.ROOT));
  }

  /**
   * @param serverName the host name by which a TLS client asked for the proxy (SNI)
   */
  public Route read(StartupMessage message, Optional<String> serverName) {
    Map<String, String> settings = new LinkedHashMap<>(message.parameters());
    String rawUser = settings.remove("user");
    String rawDatabase = settings.remove("database");
    if (rawUser == null || rawUser.isEmpty()) {
      throw new RefusedException(
          new Refusal(
              "user_missing",
              "28000",
              "no PostgreSQL user name specified in startup packet",
              NAMING_HINT));
    }
    Map<String, String> found = new LinkedHashMap<>();
    serverName.flatMap(this::hostBranch).ifPresent(branch -> found.put("the host name", branch));
    takeFromOptions(settings, found);
    String role = split(WireText.decode(rawUser, "user"), '.', "the user name", found);
    String database = "";
    if (rawDatabase != null && !rawDatabase.equals(rawUser)) {
      String text = WireText.decode(rawDatabase, "database");
      database = split(text, '@', "the database name", found);
    }
    if (role.isEmpty()) {
      throw refused("user_missing", "28000", "the user name names a branch and no role");
    }
    return new Route(
        agreed(found), role, Optional.of(database).filter(n -> !n.isEmpty()), settings);
  }

  /** Notes what stands behind the last separator and returns what stands before. */
  private static String split(
      String text, char separator, String carrier, Map<String, String> found) {
    int at = text.lastIndexOf(separator);
    if (at < 0) {
      return text;
    }
    found.put(carrier, text.substring(at + 1));
    return text.substring(0, at);
  }

  private static void takeFromOptions(Map<String, String> settings, Map<String, String> found) {
    String raw = settings.get("options");
    if (raw == null) {
      return;
    }
    OptionsText options = OptionsText.parse(raw);
    for (String bytes : options.branches()) {
      String branch = WireText.decode(bytes, "branch");
      String earlier = found.put("options", branch);
      if (earlier != null && !earlier.equals(branch)) {
        throw disagree("options", earlier, "options", branch);
      }
    }
    if (options.remaining().isEmpty()) {
      settings.remove("options");
    } else if (!options.branches().isEmpty()) {
      settings.put("options", options.remaining());
    }
  }

  private Optional<String> hostBranch(String serverName) {
    String name = serverName.toLowerCase(Locale.ROOT);
    return domain
        .filter(name::endsWith)
        .map(suffix -> name.substring(0, name.length() - suffix.length()))
        .filter(label -> !label.isEmpty() && label.indexOf('.') < 0);
  }

  private static String agreed(Map<String, String> found) {
    Map.Entry<String, String> first = null;
    for (Map.Entry<String, String> carrier : found.entrySet()) {
      if (carrier.getValue().isEmpty()) {
        throw refused(
            "branch_missing", "08004", carrier.getKey() + " ends where a branch should be named");
      }
      if (first == null) {
        first = carrier;
      } else if (!first.getValue().equals(carrier.getValue())) {
        throw disagree(first.getKey(), first.getValue(), carrier.getKey(), carrier.getValue());
      }
    }
    if (first == null) {
      throw refused(
          "branch_missing", "08004", "the connection does not say which branch it is for");
    }
    return first.getValue();
  }

  private static RefusedException disagree(
      String carrier, String branch, String otherCarrier, String otherBranch) {
    return new RefusedException(
        new Refusal(
            "branch_ambiguous",
            "08004",
            "%s names branch \"%s\" but %s names branch \"%s\""
                .formatted(carrier, branch, otherCarrier, otherBranch),
            "Name the branch once, or the same one everywhere. A role whose own name has a dot is"
                + " written <role>.<branch> too: the last dot separates."));
  }

  private static RefusedException refused(String kind, String sqlState, String message) {
    return new RefusedException(new Refusal(kind, sqlState, message, NAMING_HINT));
  }
}
