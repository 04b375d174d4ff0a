package dev.coppice.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.storage.layer.StoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** What the tests need of the machine that they run on. */
final class Machine {

  static final String OWNER = "postgres";
  private static final Path BINARIES = Path.of("/usr/lib/postgresql");

  private Machine() {}

  static void assumeMountsWork() {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no access to /dev/fuse");
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
  }

  static Path assumePostgres() {
    assumeMountsWork();
    List<Path> found = List.of();
    if (Files.isDirectory(BINARIES)) {
      try (Stream<Path> majors = Files.list(BINARIES)) {
        found =
            majors
                .map(major -> major.resolve("bin"))
                .filter(bin -> Files.isExecutable(bin.resolve("pgbench")))
                .sorted()
                .toList();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    assumeTrue(!found.isEmpty(), "no PostgreSQL server with pgbench in " + BINARIES);
    return found.getLast();
  }

  /** A new directory that the engine's user can pass through. */
  static Path temporaryDirectory() throws IOException {
    return Files.createTempDirectory(
        "coppice-store-",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }

  static int id(String option, String user) throws IOException {
    Process process = new ProcessBuilder("id", option, user).start();
    return Integer.parseInt(new String(process.getInputStream().readAllBytes(), UTF_8).strip());
  }

  /** Removes a test's directory, and the mount of a killed server in it. */
  static void deleteTree(Path root) throws IOException {
    if (Files.readString(Path.of("/proc/self/mountinfo")).contains(root.toString())) {
      new ProcessBuilder("umount", "-l", root.resolve("mnt").toString()).start().onExit().join();
    }
    StoreFiles.deleteTree(root);
  }
}
