package dev.coppice.server.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Where mount point and sockets lie: short, since a unix socket's path has at most 107 bytes, and
 * one for each data directory.
 */
final class RunDirectory {
  private static final int HASH_DIGITS = 8;

  private RunDirectory() {}

  static Path standard(Path dataDirectory, Map<String, String> environment) {
    return parent(environment).resolve(hash(dataDirectory.toAbsolutePath().normalize()));
  }

  private static Path parent(Map<String, String> environment) {
    if (System.getProperty("user.name").equals("root")) {
      return Path.of("/run/coppice");
    }
    String runtime = environment.get("XDG_RUNTIME_DIR");
    if (runtime != null && !runtime.isBlank() && Files.isWritable(Path.of(runtime))) {
      return Path.of(runtime, "coppice");
    }
    return Path.of("/tmp", "coppice-" + System.getProperty("user.name"));
  }

  private static String hash(Path directory) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(directory.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
