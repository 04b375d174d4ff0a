package dev.coppice.server.config;

import java.nio.file.Path;
import java.util.Map;

/** Where the data directory is when nothing else is said, and the files that clients read there. */
public final class DataDirectory {
  private DataDirectory() {}

  public static Path standard(Map<String, String> environment) {
    return Path.of(home(environment), ".coppice");
  }

  static String home(Map<String, String> environment) {
    String home = environment.get("HOME");
    return home == null || home.isBlank() ? System.getProperty("user.home") : home;
  }

  /** The bearer token, mode 0600. */
  public static Path token(Path dataDirectory) {
    return dataDirectory.resolve("token");
  }

  /** The address of the server that runs on this directory; absent while none does. */
  public static Path address(Path dataDirectory) {
    return dataDirectory.resolve("server.url");
  }

  /** Held locked by the server that runs on this directory. */
  public static Path lock(Path dataDirectory) {
    return dataDirectory.resolve("server.lock");
  }
}
