package dev.coppice.server.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code coppice url}. */
@Command(name = "url", description = "Prints a branch's connection string and nothing else.")
final class UrlCommand extends ClientCommand {
  @Parameters(paramLabel = "BRANCH")
  private String name = "";

  @Override
  public Integer call() {
    printLine(api().get(path("branches", name) + "?password=true").path("url").asText());
    return 0;
  }
}
