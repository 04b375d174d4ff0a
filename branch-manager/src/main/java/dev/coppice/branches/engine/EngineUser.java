package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The user that engines run as. Postgres refuses to run as root, so that a root server hands its
 * engines to somebody else.
 *
 * @param switched whether this program has to change to that user
 */
public record EngineUser(String name, int uid, int gid, boolean switched) {

  private static final List<String> CANDIDATES = List.of("coppice", "postgres", "nobody");
  private static final Path SELF = Path.of("/proc/self");

  /** The configured user, else the first that exists; this program's own user unless it is root. */
  public static EngineUser choose(Optional<String> configured) {
    int uid = attribute("unix:uid");
    if (uid != 0) {
      return new EngineUser(
          System.getProperty("user.name", "uid " + uid), uid, attribute("unix:gid"), false);
    }
    List<String> names = configured.map(List::of).orElse(CANDIDATES);
    return names.stream()
        .flatMap(name -> lookUp(name).stream())
        .filter(user -> user.uid != 0)
        .findFirst()
        .orElseThrow(() ->
            new BranchException(
                BranchFailure.ENGINE_START_FAILED,
                "No user for engines: none of " + names + " exists or all are root",
                "Create one with: useradd --system --shell /usr/sbin/nologin coppice"));
  }

  private static Optional<EngineUser> lookUp(String name) {
    return entry(name, lines(Path.of("/etc/passwd")))
        .or(() -> entry(name, getent(name)))
        .map(f -> new EngineUser(name, Integer.parseInt(f[2]), Integer.parseInt(f[3]), true));
  }

  private static Optional<String[]> entry(String name, List<String> passwd) {
    return passwd.stream()
        .map(line -> line.split(":", -1))
        .filter(fields -> fields.length >= 4 && fields[0].equals(name))
        .findFirst();
  }

  private static List<String> lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }

  /** Users of LDAP and the like are not in the file. */
  private static List<String> getent(String name) {
    Command.Result found = Command.run(List.of("getent", "passwd", name), Duration.ofSeconds(10));
    return found.succeeded() ? found.output().lines().toList() : List.of();
  }

  private static int attribute(String name) {
    try {
      return (int) Files.getAttribute(SELF, name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the user the owner of a file, if that is not so already. */
  void own(Path file) {
    if (switched) {
      try {
        Files.setAttribute(file, "unix:uid", uid);
        Files.setAttribute(file, "unix:gid", gid);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
