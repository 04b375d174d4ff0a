package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What engines are put into before they run: another user, and a network namespace of their own
 * that holds nothing, where the kernel allows it. Each step replaces the process, so that the
 * process started is the engine itself.
 */
public final class Confinement {

  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(10);

  private final EngineUser user;
  private final List<String> network;
  private final List<String> identity;

  private Confinement(EngineUser user, List<String> network, List<String> identity) {
    this.user = user;
    this.network = List.copyOf(network);
    this.identity = List.copyOf(identity);
  }

  /** Finds out, by trying, what this machine allows. */
  public static Confinement probe(EngineUser user) {
    List<String> identity = identity(user);
    List<String> network = new ArrayList<>();
    Command.find("unshare")
        .ifPresent(unshare -> {
          network.add(unshare.toString());
          if (!user.switched()) {
            network.addAll(List.of("--user", "--map-current-user"));
          }
          network.addAll(List.of("--net", "--"));
        });
    Confinement wished = new Confinement(user, network, identity);
    if (Command.run(wished.wrap(List.of("true"), true), PROBE_TIMEOUT).succeeded()) {
      return wished;
    }
    return new Confinement(user, List.of(), identity);
  }

  private static List<String> identity(EngineUser user) {
    if (!user.switched()) {
      return List.of();
    }
    Path setpriv =
        Command.find("setpriv")
            .orElseThrow(() ->
                new BranchException(
                    BranchFailure.ENGINE_START_FAILED,
                    "Engines cannot run: this program is root and setpriv is missing",
                    "Install it with: apt-get install util-linux"));
    return List.of(
        setpriv.toString(),
        "--reuid=" + user.uid(),
        "--regid=" + user.gid(),
        "--clear-groups",
        "--no-new-privs",
        "--");
  }

  public EngineUser user() {
    return user;
  }

  /** Whether engines get a network namespace of their own. */
  public boolean ownNetwork() {
    return !network.isEmpty();
  }

  List<String> wrap(List<String> command, boolean withoutNetwork) {
    List<String> wrapped = new ArrayList<>();
    if (withoutNetwork) {
      wrapped.addAll(network);
    }
    wrapped.addAll(identity);
    wrapped.addAll(command);
    return wrapped;
  }

  /** Whether the engines' user can use a file or directory. */
  boolean canReach(Path path) {
    return Command.run(wrap(List.of("test", "-x", path.toString()), false), PROBE_TIMEOUT)
        .succeeded();
  }
}
