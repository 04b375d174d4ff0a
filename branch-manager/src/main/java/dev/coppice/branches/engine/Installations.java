package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.engine.Installation.Origin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Every Postgres server on this machine that an engine could be. Unpacks embedded ones at need. */
public final class Installations {

  private static final Pattern VERSION =
      Pattern.compile("postgres \\(PostgreSQL\\) ((\\d+)[.\\w]*).*", Pattern.DOTALL);
  private static final Duration VERSION_TIMEOUT = Duration.ofSeconds(20);

  private final List<Installation> installed;
  private final List<EmbeddedArchive> archives;
  private final Path unpackInto;

  private Installations(
      List<Installation> installed, List<EmbeddedArchive> archives, Path unpackInto) {
    this.installed = List.copyOf(installed);
    this.archives = List.copyOf(archives);
    this.unpackInto = unpackInto;
  }

  /**
   * @param unpackInto where embedded engines are unpacked; readable by the engines' user
   */
  public static Installations discover(
      List<Path> configured, Path embeddedArchives, Path unpackInto) {
    List<Installation> installed = new ArrayList<>();
    configured.forEach(
        folder -> candidates(folder).forEach(bin -> add(installed, bin, Origin.CONFIGURED)));
    systemFolders().forEach(bin -> add(installed, bin, Origin.SYSTEM));
    return new Installations(installed, EmbeddedArchive.list(embeddedArchives), unpackInto);
  }

  /** A root server cannot unpack below a home directory that nobody else may enter. */
  public static Path unpackFolder(EngineUser user, Path dataDirectory) {
    return user.switched()
        ? Path.of("/var/cache/coppice/engines")
        : dataDirectory.resolve("engines");
  }

  /** The folder itself, {@code bin} below it, or {@code <anything>/bin} below it. */
  private static List<Path> candidates(Path folder) {
    List<Path> found = new ArrayList<>();
    for (Path bin : List.of(folder, folder.resolve("bin"))) {
      if (Files.isExecutable(bin.resolve("postgres"))) {
        found.add(bin);
      }
    }
    return found.isEmpty() ? below(folder, "*") : found;
  }

  private static List<Path> systemFolders() {
    List<Path> found = new ArrayList<>(below(Path.of("/usr/lib/postgresql"), "*"));
    found.addAll(below(Path.of("/usr"), "pgsql-*"));
    found.addAll(below(Path.of("/usr/local"), "{pgsql,postgresql}*"));
    found.addAll(below(Path.of("/opt"), "{pgsql,postgresql}*"));
    return found;
  }

  private static List<Path> below(Path folder, String glob) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
      for (Path entry : entries) {
        Path bin = entry.resolve("bin");
        if (Files.isExecutable(bin.resolve("postgres"))) {
          found.add(bin);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static void add(List<Installation> installed, Path bin, Origin origin) {
    if (!Files.isExecutable(bin.resolve("initdb"))) {
      return;
    }
    Command.Result asked =
        Command.run(List.of(bin.resolve("postgres").toString(), "--version"), VERSION_TIMEOUT);
    Matcher version = VERSION.matcher(asked.output());
    if (asked.succeeded() && version.matches()) {
      installed.add(
          new Installation(Integer.parseInt(version.group(2)), version.group(1), bin, origin));
    }
  }

  /** Majors that can be run, ascending. */
  public NavigableSet<Integer> majors() {
    NavigableSet<Integer> majors = new TreeSet<>();
    installed.forEach(installation -> majors.add(installation.major()));
    archives.forEach(archive -> majors.add(archive.major()));
    return majors;
  }

  /**
   * The preferred server of a major: a configured one, else the embedded one, else the system's;
   * but one that lacks fewer of the wanted extensions goes first.
   */
  public Optional<Installation> find(int major, Collection<String> extensions) {
    return Stream.concat(
            installed.stream(), archives.stream().map(archive -> archive.in(unpackInto)))
        .filter(installation -> installation.major() == major)
        .sorted(Comparator.comparing(Installation::origin))
        .map(installation -> extensions.isEmpty() ? installation : prepared(installation))
        .min(Comparator.comparingLong(installation -> installation.lacking(extensions)))
        .map(this::prepared);
  }

  private Installation prepared(Installation installation) {
    archives.stream()
        .filter(archive -> archive.in(unpackInto).equals(installation))
        .forEach(archive -> archive.unpack(unpackInto));
    return installation;
  }

  /** The same major, else the oldest newer one: newer servers read what older ones dump. */
  public Installation atLeast(int major, Collection<String> extensions) {
    return majors().tailSet(major, true).stream()
        .flatMap(candidate -> find(candidate, extensions).stream())
        .findFirst()
        .orElseThrow(() -> missing("PostgreSQL " + major + " or newer", major));
  }

  /** The one with this folder of programs. */
  public Optional<Installation> at(Path bin) {
    return Stream.concat(
            installed.stream(), archives.stream().map(archive -> archive.in(unpackInto)))
        .filter(installation -> installation.bin().equals(bin))
        .findFirst()
        .map(this::prepared);
  }

  public Installation exactly(int major) {
    return find(major, List.of()).orElseThrow(() -> missing("PostgreSQL " + major, major));
  }

  public Installation newest() {
    NavigableSet<Integer> majors = majors();
    if (majors.isEmpty()) {
      throw missing("any PostgreSQL", 17);
    }
    return find(majors.last(), List.of()).orElseThrow();
  }

  private static BranchException missing(String what, int major) {
    return new BranchException(
        BranchFailure.ENGINE_BINARIES_MISSING,
        "No engine: the server programs of " + what + " are not on this machine",
        "Install them (apt-get install postgresql-%d) or name their folder in the configuration."
            .formatted(major));
  }
}
