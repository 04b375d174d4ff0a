package dev.coppice.providers;

import dev.coppice.providers.profile.Encryption;
import dev.coppice.providers.profile.Endpoint;
import dev.coppice.providers.profile.Location;
import dev.coppice.providers.profile.Passwords;
import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Providers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a source is reached, as far as its address and the user tell.
 *
 * @param provider the one that was named, else the one to whom the host name belongs
 * @param url with the encryption that this provider asks for, unless it says so itself
 * @param passwords for each connection, where the URL has none
 */
record Approach(Optional<Provider> provider, ConnectionUrl url, Optional<Passwords> passwords) {

  /** Throws what can be known to fail without connecting. */
  static Approach to(ConnectionUrl url, Optional<Provider> named) {
    Optional<Provider> provider = named.or(() -> Providers.ofHost(url.host()));
    provider.ifPresent(known -> requireServer(url, known));
    boolean told = url.password() != null || url.parameters().containsKey("passfile");
    return new Approach(
        provider,
        provider.map(known -> encrypted(url, known.encryption())).orElse(url),
        told
            ? Optional.empty()
            : provider.flatMap(
                known -> known.passwords(new Location(url.host(), url.port()), url.user())));
  }

  static Endpoint endpoint(ConnectionUrl url, Provider provider) {
    return provider.endpoint(new Location(url.host(), url.port()));
  }

  private static void requireServer(ConnectionUrl url, Provider provider) {
    Endpoint endpoint = endpoint(url, provider);
    if (endpoint.kind() == Endpoint.Kind.REFUSED) {
      throw new SourceException(
          SourceFailure.POOLER,
          "Cannot pull from %s:%d (%s): %s."
              .formatted(url.host(), url.port(), provider.title(), endpoint.reason()),
          endpoint.remedy());
    }
  }

  private static ConnectionUrl encrypted(ConnectionUrl url, Encryption encryption) {
    if (url.unixSocket() || url.parameters().containsKey("sslmode")) {
      return url;
    }
    return switch (encryption.level()) {
      case OFFERED -> url;
      case REQUIRED -> url.with("sslmode", "require");
      case VERIFIED -> verified(url, encryption);
    };
  }

  private static ConnectionUrl verified(ConnectionUrl url, Encryption encryption) {
    if (!url.parameters().containsKey("sslrootcert")) {
      return url.with("sslrootcert", rootCertificate(url, encryption))
          .with("sslmode", "verify-full");
    }
    return url.with("sslmode", "verify-full");
  }

  private static String rootCertificate(ConnectionUrl url, Encryption encryption) {
    List<String> places = encryption.rootCertificates();
    return places.stream()
        .filter(place -> place.equals(Encryption.SYSTEM) || Files.isReadable(Path.of(place)))
        .findFirst()
        .orElseThrow(() ->
            new SourceException(
                SourceFailure.TLS_FAILED,
                "The certificate of %s cannot be verified: none of %s is there."
                    .formatted(url.host(), String.join(", ", places)),
                encryption.remedy()
                    + " sslmode=require encrypts without telling the server from an impostor."));
  }
}
