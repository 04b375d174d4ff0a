package dev.coppice.server.doctor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where {@code pg_dump} and {@code pg_restore} are, by major version. */
public final class ClientTools {
  private static final Path SYSTEM = Path.of("/usr/lib/postgresql");
  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

  private ClientTools() {}

  /**
   * Looks in the given installations, the system's Postgres folders and {@code PATH}.
   *
   * @return the folder of each major's tools
   */
  public static NavigableMap<Integer, Path> find(
      List<Path> postgresDirectories, Map<String, String> environment) {
    NavigableMap<Integer, Path> found = new TreeMap<>();
    for (Path folder : folders(postgresDirectories, environment)) {
      if (Files.isExecutable(folder.resolve("pg_dump"))
          && Files.isExecutable(folder.resolve("pg_restore"))) {
        major(folder).ifPresent(major -> found.putIfAbsent(major, folder));
      }
    }
    return found;
  }

  private static List<Path> folders(
      List<Path> postgresDirectories, Map<String, String> environment) {
    List<Path> folders = new ArrayList<>();
    postgresDirectories.forEach(directory -> folders.add(directory.resolve("bin")));
    if (Files.isDirectory(SYSTEM)) {
      try (Stream<Path> majors = Files.list(SYSTEM)) {
        majors.map(major -> major.resolve("bin")).forEach(folders::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Stream.of(environment.getOrDefault("PATH", "").split(":"))
        .filter(entry -> !entry.isBlank())
        .map(Path::of)
        .forEach(folders::add);
    return folders;
  }

  private static Optional<Integer> major(Path folder) {
    return Probe.run(folder.resolve("pg_dump").toString(), "--version")
        .map(VERSION::matcher)
        .filter(Matcher::find)
        .map(matcher -> Integer.valueOf(matcher.group(1)));
  }
}
