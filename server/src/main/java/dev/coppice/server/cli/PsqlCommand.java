package dev.coppice.server.cli;

import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code coppice psql}. The address goes through the environment: no other user sees the password,
 * and psql's own options override what is there.
 */
@Command(name = "psql", description = "Opens psql on a branch; its exit code becomes ours.")
final class PsqlCommand extends ClientCommand {
  @Parameters(index = "0", paramLabel = "BRANCH")
  private String name = "";

  @Parameters(index = "1..*", paramLabel = "ARGS", description = "Arguments of psql, after --.")
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException {
    String url = api().get(path("branches", name) + "?password=true").path("url").asText();
    List<String> command = new ArrayList<>(List.of("psql"));
    command.addAll(arguments);
    ProcessBuilder psql = new ProcessBuilder(command).inheritIO();
    PsqlEnvironment.set(psql.environment(), url);
    return waitFor(start(psql));
  }

  private static Process start(ProcessBuilder psql) {
    try {
      return psql.start();
    } catch (IOException e) {
      throw new ServerException(
          ServerFailure.TOOL_MISSING,
          "cannot run psql: " + e.getMessage(),
          "Install it, on Debian and Ubuntu with \"apt-get install postgresql-client\".",
          e);
    }
  }

  /** Ctrl-C reaches psql as well, and only cancels its query; so we stay until psql has ended. */
  private static int waitFor(Process psql) throws InterruptedException {
    Thread patience = new Thread(() -> Runtime.getRuntime().halt(join(psql)), "psql");
    Runtime.getRuntime().addShutdownHook(patience);
    int code = psql.waitFor();
    try {
      Runtime.getRuntime().removeShutdownHook(patience);
    } catch (IllegalStateException e) {
      return join(psql);
    }
    return code;
  }

  private static int join(Process psql) {
    while (true) {
      try {
        return psql.waitFor();
      } catch (InterruptedException e) {
        // Only psql's own end counts.
      }
    }
  }
}
