package dev.coppice.providers.profile;

import java.util.Locale;
import java.util.Set;

/**
 * What gives a host away.
 *
 * @param hostSuffixes ends of its host names, each with its leading dot
 * @param extensions available only there; one suffices
 * @param roles that exist only there; one suffices
 */
public record Markers(Set<String> hostSuffixes, Set<String> extensions, Set<String> roles) {

  static final Markers NONE = new Markers(Set.of(), Set.of(), Set.of());

  public Markers {
    hostSuffixes = Set.copyOf(hostSuffixes);
    extensions = Set.copyOf(extensions);
    roles = Set.copyOf(roles);
  }

  boolean fitHost(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return hostSuffixes.stream().anyMatch(lower::endsWith);
  }

  boolean fitExtensions(Set<String> available) {
    return extensions.stream().anyMatch(available::contains);
  }

  boolean fitRoles(Set<String> existing) {
    return roles.stream().anyMatch(existing::contains);
  }
}
