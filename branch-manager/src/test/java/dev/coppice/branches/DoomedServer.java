package dev.coppice.branches;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.providers.PullEvent;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A server in a process of its own, to be killed. Says on standard output how far it is. */
final class DoomedServer {

  private DoomedServer() {}

  /**
   * @param arguments the lab's directory, then {@code pull} and the source's URL, or {@code commit}
   *     and a branch that has a table {@code sales.mark}, or the beginning of branches' names
   */
  public static void main(String[] arguments) throws Exception {
    BranchManager manager = open(arguments[0]);
    if (arguments[1].equals("pull")) {
      manager.addSource(
          new AddSource(BranchLab.SHOP, SourceAddress.parse(arguments[2]), PullOptions.standard()),
          event -> {
            if (event instanceof PullEvent.PhaseStarted phase) {
              DoomedProcess.say(phase.phase().name());
            }
          });
      DoomedProcess.say("PULLED");
    } else if (arguments[1].equals("commit")) {
      commit(manager, arguments[2]);
    } else {
      for (int i = 0; ; i++) {
        String name = arguments[1] + "-" + i;
        manager.createBranch(BranchLab.request("shop", name, Access.OWNER));
        DoomedProcess.say(name);
      }
    }
  }

  static BranchManager open(String root) {
    ManagerConfig config =
        new ManagerConfig(
            Path.of(root, "data"),
            Path.of(root, "run"),
            List.of(),
            BranchLab.ARCHIVES,
            Optional.empty(),
            1,
            Duration.ofMinutes(10),
            Optional.empty(),
            Duration.ofMinutes(5),
            Optional.empty(),
            true,
            EngineRoom.usual());
    return BranchManager.open(config, password -> "verifier", new SimpleMeterRegistry());
  }

  /** One row after the other, each of a page's size so that the log and the heap grow. */
  private static void commit(BranchManager manager, String branch) throws Exception {
    try (Client client = Client.connect(manager, branch, BranchLab.OWNER)) {
      int next = Integer.parseInt(client.one("SELECT max(answer) + 1 FROM sales.mark"));
      for (int i = next; ; i++) {
        client.run("INSERT INTO sales.mark SELECT %d, repeat('%d', 2000)".formatted(i, i));
        DoomedProcess.say(String.valueOf(i));
      }
    }
  }
}
