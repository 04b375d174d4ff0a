package dev.coppice.providers.profile;

import java.util.Locale;

/**
 * Where a connection URL leads.
 *
 * @param host lower case
 */
public record Location(String host, int port) {

  public Location {
    host = host.toLowerCase(Locale.ROOT);
  }
}
