package dev.coppice.branches.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Server binaries on this machine.
 *
 * @param version as the server prints it, {@code 15.19} for example
 * @param bin the folder of {@code postgres} and {@code initdb}
 */
public record Installation(int major, String version, Path bin, Origin origin) {

  /** In order of preference. */
  public enum Origin {
    CONFIGURED,
    EMBEDDED,
    SYSTEM
  }

  String program(String name) {
    return bin.resolve(name).toString();
  }

  /** Whether {@code CREATE EXTENSION} would find all of them. */
  public boolean offers(Collection<String> extensions) {
    return lacking(extensions) == 0;
  }

  /** How many of them {@code CREATE EXTENSION} would not find. */
  long lacking(Collection<String> extensions) {
    return extensions.stream().filter(extension -> !offers(extension)).count();
  }

  private boolean offers(String extension) {
    return extensionFolders().stream()
        .anyMatch(folder -> Files.exists(folder.resolve(extension + ".control")));
  }

  /** Where builds put their share directory: upstream, with a prefix, Red Hat, Debian. */
  private List<Path> extensionFolders() {
    Path root = bin.resolveSibling("share");
    return List.of(
        root.resolve("extension"),
        root.resolve("postgresql").resolve("extension"),
        root.resolve("pgsql").resolve("extension"),
        Path.of("/usr/share/postgresql/" + major + "/extension"));
  }
}
