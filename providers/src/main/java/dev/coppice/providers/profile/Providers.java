package dev.coppice.providers.profile;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** All providers that are known. */
public final class Providers {

  public static final Provider GENERIC = new GenericPostgres();

  /** A new one needs its class and a place here. */
  private static final List<Provider> HOSTED =
      List.of(
          new AwsRds(), new Supabase(), new PlanetScale(), new Neon(), new CloudSql(), new Azure());

  private Providers() {}

  /** What {@code --provider} takes. */
  public static List<String> names() {
    return Stream.concat(HOSTED.stream(), Stream.of(GENERIC)).map(Provider::name).toList();
  }

  public static Optional<Provider> named(String name) {
    return GENERIC.name().equals(name)
        ? Optional.of(GENERIC)
        : first(provider -> provider.name().equals(name));
  }

  /** Who a host name belongs to. */
  public static Optional<Provider> ofHost(String host) {
    return first(provider -> provider.markers().fitHost(host));
  }

  /**
   * Who a server belongs to that has no telling host name.
   *
   * @param extensions those it could create
   * @param roles those it has
   */
  public static Provider ofServer(Set<String> extensions, Set<String> roles) {
    return first(provider -> provider.markers().fitExtensions(extensions))
        .or(() -> first(provider -> provider.markers().fitRoles(roles)))
        .orElse(GENERIC);
  }

  private static Optional<Provider> first(Predicate<Provider> fits) {
    return HOSTED.stream().filter(fits).findFirst();
  }
}
