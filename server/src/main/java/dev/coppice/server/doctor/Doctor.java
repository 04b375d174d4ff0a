package dev.coppice.server.doctor;

import dev.coppice.branches.StandaloneEngine;
import dev.coppice.server.config.DataDirectory;
import dev.coppice.server.config.ListenAddress;
import dev.coppice.server.config.Settings;
import dev.coppice.server.output.DiskSystem;
import dev.coppice.server.output.Figures;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Looks at everything that Coppice needs of a machine; changes nothing. */
public final class Doctor {
  private static final long LITTLE_SPACE_BYTES = 5_000_000_000L;
  private static final long HOLE_BYTES = 64L << 20;
  private static final long BLOCK_BYTES = 512;

  private final Settings settings;
  private final Map<String, String> environment;

  public Doctor(Settings settings, Map<String, String> environment) {
    this.settings = settings;
    this.environment = environment;
  }

  public List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    findings.add(java());
    Mounting mounting = Mounting.here();
    findings.add(mounting.device());
    findings.add(mounting.right());
    findings.add(engines());
    findings.add(clientTools());
    findings.add(psql());
    findings.add(networkNamespaces());
    findings.add(diskSpace());
    findings.add(sparseFiles());
    findings.add(port(settings.postgresListen(), "postgres.listen"));
    findings.add(port(settings.httpListen(), "http.listen"));
    return findings;
  }

  private static Finding java() {
    return Finding.passed("Java", Runtime.version() + ", " + System.getProperty("java.home"));
  }

  private Finding engines() {
    List<Integer> majors =
        StandaloneEngine.majors(settings.postgresDirectories(), settings.embeddedArchives());
    return majors.isEmpty()
        ? Finding.failed(
            "Postgres engines",
            "none in postgres_directories, /usr/lib/postgresql or " + settings.embeddedArchives(),
            "Run the launcher, which fetches the embedded ones, or install \"postgresql\".")
        : Finding.passed("Postgres engines", "majors " + list(majors));
  }

  private Finding clientTools() {
    SortedMap<Integer, Path> tools = ClientTools.find(settings.postgresDirectories(), environment);
    if (tools.isEmpty()) {
      return Finding.failed(
          "pg_dump, pg_restore",
          "not found",
          "A pull needs them, of at least the source's major: \"apt-get install"
              + " postgresql-client\".");
    }
    return Finding.passed(
        "pg_dump, pg_restore",
        "majors %s; sources up to PostgreSQL %d can be pulled"
            .formatted(list(tools.keySet()), tools.lastKey()));
  }

  private static Finding psql() {
    return Probe.run("psql", "--version")
        .map(version -> Finding.passed("psql", version))
        .orElseGet(() ->
            Finding.warning(
                "psql",
                "not found, so \"coppice psql\" does not work",
                "\"apt-get install postgresql-client\""));
  }

  private static Finding networkNamespaces() {
    boolean works =
        Probe.run("unshare", "--net", "true").isPresent()
            || Probe.run("unshare", "--user", "--map-root-user", "--net", "true").isPresent();
    return works
        ? Finding.passed("network namespaces", "engines are cut off from the network")
        : Finding.warning(
            "network namespaces",
            "not available, so an engine could open connections of its own",
            "Allow unprivileged user namespaces, or run as root; give a container \"--cap-add"
                + " SYS_ADMIN\".");
  }

  private Finding diskSpace() {
    Path place = existing(settings.dataDirectory());
    long usable = place.toFile().getUsableSpace();
    String detail =
        "%s free for %s (%s)"
            .formatted(Figures.bytes(usable), settings.dataDirectory(), DiskSystem.typeOf(place));
    return usable < LITTLE_SPACE_BYTES
        ? Finding.warning("disk space", detail, "A base needs about what its source occupies.")
        : Finding.passed("disk space", detail);
  }

  private Finding sparseFiles() {
    Path place = existing(settings.dataDirectory());
    @Nullable Path file = null;
    try {
      file = Files.createTempFile(place, ".coppice-doctor", null);
      try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
        sparse.setLength(HOLE_BYTES);
      }
      Optional<Long> blocks = Probe.run("stat", "-c", "%b", file.toString()).map(Long::valueOf);
      return blocks.isPresent() && blocks.get() * BLOCK_BYTES < HOLE_BYTES / 2
          ? Finding.passed("sparse files", "supported by the file system of " + place)
          : Finding.failed(
              "sparse files",
              "the file system of %s fills holes".formatted(place),
              "Choose a --data-dir on ext4, XFS, btrfs, ZFS or tmpfs.");
    } catch (IOException e) {
      return Finding.failed(
          "sparse files",
          "cannot write to %s: %s".formatted(place, e.getMessage()),
          "Choose another --data-dir, or make this one writable.");
    } finally {
      if (file != null && !file.toFile().delete()) {
        file.toFile().deleteOnExit();
      }
    }
  }

  private Finding port(ListenAddress address, String key) {
    String what = "port " + address.port();
    try {
      new ServerSocket(address.port(), 1, InetAddress.getByName(address.host())).close();
      return Finding.passed(what, "free on " + address.host());
    } catch (IOException e) {
      if (Files.exists(DataDirectory.address(settings.dataDirectory()))) {
        return Finding.passed(what, "the server on this data directory is running");
      }
      return Finding.warning(
          what,
          "cannot be opened on %s: %s".formatted(address.host(), e.getMessage()),
          "Stop what uses it, or set %s to another one.".formatted(key));
    }
  }

  private static Path existing(Path directory) {
    @Nullable Path place = directory;
    while (place != null && !Files.isDirectory(place)) {
      place = place.getParent();
    }
    return place == null ? Path.of("/") : place;
  }

  private static String list(Iterable<Integer> majors) {
    List<String> texts = new ArrayList<>();
    majors.forEach(major -> texts.add(major.toString()));
    return String.join(", ", texts);
  }
}
