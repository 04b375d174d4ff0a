package dev.coppice.server.rest;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Refuses requests that a browser was tricked into sending: a page that rebinds its own name to
 * this machine's address still sends that name as {@code Host}. Addresses cannot be rebound, so
 * they pass.
 */
final class HostCheck {
  private static final Pattern IP_V4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  private final Set<String> names;

  /**
   * @param names the host names that are this server's own
   */
  HostCheck(Set<String> names) {
    this.names = Set.copyOf(names);
  }

  /**
   * @param header the {@code Host} header; empty if there was none
   */
  boolean accepts(String header) {
    String host = hostOf(header).toLowerCase(Locale.ROOT);
    return host.startsWith("[")
        || IP_V4.matcher(host).matches()
        || host.equals("localhost")
        || names.contains(host);
  }

  /** The header without its port; an IPv6 address keeps its brackets. */
  static String hostOf(String header) {
    int end = header.startsWith("[") ? header.indexOf(']') + 1 : header.indexOf(':');
    return end <= 0 ? header : header.substring(0, end);
  }
}
