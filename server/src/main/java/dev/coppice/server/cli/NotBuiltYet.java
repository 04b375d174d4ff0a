package dev.coppice.server.cli;

import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** A command that the contract has and the program has not; it says so, whatever follows it. */
@Command(hidden = true)
final class NotBuiltYet implements Callable<Integer> {
  static final List<String> COMMANDS = List.of("diff", "rehearse", "log", "mask", "mcp");

  @Spec private CommandSpec spec = CommandSpec.create();

  @SuppressWarnings("UnusedVariable")
  @Unmatched
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    throw new ServerException(
        ServerFailure.NOT_BUILT_YET,
        "\"%s\" is planned, and not built yet".formatted(spec.qualifiedName()),
        "\"coppice --help\" lists what there is.");
  }

  /** Pulling without the policy would write to disk what was to be masked. */
  static ServerException masking(String source, Path policy) {
    return new ServerException(
        ServerFailure.NOT_BUILT_YET,
        "\"%s\" is not pulled: masking is not built yet, so the policy %s could not be kept"
            .formatted(source, policy),
        "Pull as a role that may not read what has to stay hidden, or wait; without --mask every"
            + " branch holds what the role can read.");
  }
}
