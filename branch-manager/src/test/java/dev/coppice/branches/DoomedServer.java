package dev.coppice.branches;

import dev.coppice.providers.PullEvent;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A server in a process of its own, to be killed. Says on standard output how far it is. */
final class DoomedServer {

  private DoomedServer() {}

  /**
   * @param arguments the lab's directory, then {@code pull} and the source's URL, or {@code branch}
   */
  public static void main(String[] arguments) {
    Path root = Path.of(arguments[0]);
    ManagerConfig config =
        new ManagerConfig(
            root.resolve("data"),
            root.resolve("run"),
            List.of(),
            BranchLab.ARCHIVES,
            Optional.empty(),
            1,
            Duration.ofMinutes(10),
            Optional.empty(),
            true);
    BranchManager manager =
        BranchManager.open(config, password -> "verifier", new SimpleMeterRegistry());
    if (arguments[1].equals("pull")) {
      manager.addSource(
          new AddSource(BranchLab.SHOP, SourceAddress.parse(arguments[2]), PullOptions.standard()),
          event -> {
            if (event instanceof PullEvent.PhaseStarted phase) {
              say(phase.phase().name());
            }
          });
      say("PULLED");
    } else {
      for (int i = 0; ; i++) {
        String name = arguments[1] + "-" + i;
        manager.createBranch(BranchLab.request("shop", name, Access.OWNER));
        say(name);
      }
    }
  }

  @SuppressWarnings("SystemOut")
  private static void say(String line) {
    PrintStream out = System.out;
    out.println("SAID " + line);
    out.flush();
  }
}
