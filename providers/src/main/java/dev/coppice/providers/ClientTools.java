package dev.coppice.providers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One installation of Postgres' client programs.
 *
 * @param version as {@code pg_dump --version} tells it, {@code 15.18} for example
 */
public record ClientTools(
    Path pgDump, Path pgRestore, Path pgDumpall, Path psql, int major, String version) {

  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ((\\d+)\\S*)");

  /** Where Debian, PGDG's RPMs and others put them, newest first within a parent. */
  private static final List<String> PARENTS =
      List.of("/usr/lib/postgresql", "/usr/pgsql-", "/opt/homebrew/opt/postgresql@", "/usr/local");

  private static final Map<Path, String> VERSIONS = new ConcurrentHashMap<>();

  /**
   * Of the installed client programs of that major or a newer one, those closest to it. Throws
   * {@link SourceException} with {@code CLIENT_TOOLS_MISSING}, which names the package to install.
   */
  public static ClientTools find(int atLeastMajor) {
    return find(atLeastMajor, folders());
  }

  static ClientTools find(int atLeastMajor, List<Path> folders) {
    List<ClientTools> found = new ArrayList<>();
    for (Path folder : folders) {
      in(folder).ifPresent(found::add);
    }
    return found.stream()
        .filter(tools -> tools.major >= atLeastMajor)
        .min(Comparator.comparingInt(ClientTools::major))
        .orElseThrow(() -> missing(atLeastMajor, found));
  }

  /** The folders that are searched, those with a version in their name before {@code PATH}. */
  static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    for (String parent : PARENTS) {
      Path path = Path.of(parent);
      boolean prefix = !Files.isDirectory(path);
      Path directory = prefix ? path.getParent() : path;
      if (directory == null || !Files.isDirectory(directory)) {
        continue;
      }
      String glob = prefix ? path.getFileName() + "*" : "*";
      try (DirectoryStream<Path> children = Files.newDirectoryStream(directory, glob)) {
        children.forEach(child -> folders.add(child.resolve("bin")));
      } catch (IOException e) {
        // A folder that cannot be listed holds no programs for us.
      }
    }
    String path = System.getenv("PATH");
    for (String entry : (path == null ? "" : path).split(":", -1)) {
      if (!entry.isEmpty()) {
        folders.add(Path.of(entry));
      }
    }
    return folders;
  }

  private static Optional<ClientTools> in(Path folder) {
    Path pgDump = folder.resolve("pg_dump");
    Path pgRestore = folder.resolve("pg_restore");
    if (!Files.isExecutable(pgDump) || !Files.isExecutable(pgRestore)) {
      return Optional.empty();
    }
    Matcher matcher = VERSION.matcher(VERSIONS.computeIfAbsent(pgDump, ClientTools::version));
    if (!matcher.find()) {
      return Optional.empty();
    }
    return Optional.of(
        new ClientTools(
            pgDump,
            pgRestore,
            folder.resolve("pg_dumpall"),
            folder.resolve("psql"),
            Integer.parseInt(matcher.group(2)),
            matcher.group(1)));
  }

  private static String version(Path program) {
    try {
      Process process = new ProcessBuilder(program.toString(), "--version").start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      return output;
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private static SourceException missing(int major, List<ClientTools> found) {
    String present =
        found.isEmpty()
            ? "none are installed"
            : "installed are only "
                + String.join(", ", found.stream().map(ClientTools::version).distinct().toList());
    return new SourceException(
        SourceFailure.CLIENT_TOOLS_MISSING,
        "The source runs PostgreSQL "
            + major
            + ", and reading its schema needs pg_dump and pg_restore of version "
            + major
            + " or newer; "
            + present
            + ".",
        installHint(major));
  }

  static String installHint(int major) {
    return "Debian, Ubuntu: apt-get install postgresql-client-"
        + major
        + " (where the distribution is older: from apt.postgresql.org). Fedora, RHEL: dnf install"
        + " postgresql"
        + major
        + " (from yum.postgresql.org).";
  }
}
