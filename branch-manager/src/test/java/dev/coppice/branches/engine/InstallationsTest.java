package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationsTest {

  /** One that nobody has. */
  private static final int MAJOR = 4711;

  @TempDir private Path folder;

  @Test
  void theOneThatLacksFewestExtensionsGoesFirst() throws IOException {
    Path plain = server("plain");
    Path some = server("some", "vector");
    Path most = server("most", "vector", "postgis");
    Installations installations =
        Installations.discover(
            List.of(plain, some, most),
            Files.createDirectory(folder.resolve("archives")),
            folder.resolve("unpacked"));

    assertThat(installations.majors()).contains(MAJOR);
    assertThat(found(installations, Set.of())).isEqualTo(plain.resolve("bin"));
    assertThat(found(installations, Set.of("vector"))).isEqualTo(some.resolve("bin"));
    assertThat(found(installations, Set.of("vector", "postgis", "nowhere")))
        .isEqualTo(most.resolve("bin"));
    assertThat(installations.atLeast(MAJOR - 1, Set.of("postgis")).bin())
        .as("an older source is served by the oldest newer server")
        .isEqualTo(most.resolve("bin"));
  }

  private static Path found(Installations installations, Set<String> extensions) {
    return installations.find(MAJOR, extensions).orElseThrow().bin();
  }

  private Path server(String name, String... extensions) throws IOException {
    Path root = Files.createDirectory(folder.resolve(name));
    Path bin = Files.createDirectory(root.resolve("bin"));
    program(bin.resolve("postgres"), "echo 'postgres (PostgreSQL) " + MAJOR + ".1'");
    program(bin.resolve("initdb"), "exit 1");
    Path share = Files.createDirectories(root.resolve("share/extension"));
    for (String extension : extensions) {
      Files.createFile(share.resolve(extension + ".control"));
    }
    return root;
  }

  private static void program(Path file, String line) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + line + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
