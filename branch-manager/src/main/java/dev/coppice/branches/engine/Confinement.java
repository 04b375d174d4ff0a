package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What engines are put into before they run: another user, and namespaces of their own where the
 * kernel allows it, one for the network, which holds nothing, and one for mounts, in which a
 * directory can lie on another. Each step replaces the process, so that the process started is the
 * engine itself.
 */
public final class Confinement {

  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(10);

  /**
   * Lays its first argument on its second; the kernel forgets it with the last process in there.
   */
  private static final String BIND_AND_RUN =
      "mount -n --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";

  private final EngineUser user;
  private final boolean namespaces;
  private final boolean mounts;

  private Confinement(EngineUser user, boolean namespaces, boolean mounts) {
    this.user = user;
    this.namespaces = namespaces;
    this.mounts = mounts;
  }

  /** Finds out, by trying, what this machine allows. */
  public static Confinement probe(EngineUser user) {
    if (user.switched() && Command.find("setpriv").isEmpty()) {
      throw new BranchException(
          BranchFailure.ENGINE_START_FAILED,
          "Engines cannot run: this program is root and setpriv is missing",
          "Install it with: apt-get install util-linux");
    }
    if (Command.find("unshare").isEmpty() || !new Confinement(user, true, false).works()) {
      return new Confinement(user, false, false);
    }
    return new Confinement(user, true, new Confinement(user, true, true).works());
  }

  private boolean works() {
    Optional<Bind> bind =
        mounts ? Optional.of(new Bind(Path.of("/usr"), Path.of("/usr"))) : Optional.empty();
    return Command.run(wrap(List.of("true"), true, bind), PROBE_TIMEOUT).succeeded();
  }

  public EngineUser user() {
    return user;
  }

  /** Whether engines get a network namespace of their own. */
  public boolean ownNetwork() {
    return namespaces;
  }

  /** Whether engines can be given a directory in the place of another. */
  public boolean ownMounts() {
    return mounts;
  }

  /** One directory in the place of another. */
  record Bind(Path source, Path place) {}

  List<String> wrap(List<String> command, boolean withoutNetwork) {
    return wrap(command, withoutNetwork, Optional.empty());
  }

  /**
   * @param bind only where there are {@link #ownMounts()}
   * @throws IllegalArgumentException if there are none: all of the machine would see the bind
   */
  List<String> wrap(List<String> command, boolean withoutNetwork, Optional<Bind> bind) {
    if (bind.isPresent() && !mounts) {
      throw new IllegalArgumentException(
          "Engines have no mounts of their own here: " + bind.get().source + " stays where it is");
    }
    List<String> wrapped = new ArrayList<>();
    if (namespaces && (withoutNetwork || bind.isPresent())) {
      wrapped.add(program("unshare"));
      if (!user.switched()) {
        wrapped.addAll(List.of("--user", "--map-current-user"));
      }
      if (withoutNetwork) {
        wrapped.add("--net");
      }
      if (bind.isPresent()) {
        wrapped.addAll(List.of("--mount", "--propagation", "slave"));
        if (!user.switched()) {
          wrapped.add("--keep-caps");
        }
      }
      wrapped.add("--");
    }
    bind.ifPresent(there ->
        wrapped.addAll(
            List.of(
                program("sh"),
                "-c",
                BIND_AND_RUN,
                "sh",
                there.source.toString(),
                there.place.toString())));
    wrapped.addAll(identity(bind.isPresent()));
    wrapped.addAll(command);
    return wrapped;
  }

  private static String program(String name) {
    return Command.find(name).map(Path::toString).orElse(name);
  }

  private List<String> identity(boolean capable) {
    if (user.switched()) {
      return List.of(
          program("setpriv"),
          "--reuid=" + user.uid(),
          "--regid=" + user.gid(),
          "--clear-groups",
          "--no-new-privs",
          "--");
    }
    return capable
        ? List.of(
            program("setpriv"), "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--")
        : List.of();
  }

  /** Whether the engines' user can use a file or directory. */
  boolean canReach(Path path) {
    return Command.run(wrap(List.of("test", "-x", path.toString()), false), PROBE_TIMEOUT)
        .succeeded();
  }
}
