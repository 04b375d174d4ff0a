package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.server.failure.FailureCode.Exit;
import dev.coppice.server.output.Figures;
import picocli.CommandLine.Command;

/** {@code coppice store …}. */
@Command(
    name = "store",
    description = "Looks after the page store.",
    subcommands = StoreCommand.Check.class)
final class StoreCommand extends CommandGroup {

  @Command(name = "check", description = "Verifies every layer against its checksums.")
  static final class Check extends ClientCommand {
    @Override
    public Integer call() {
      JsonNode check = api().stream("/v1/store/check", object(), event -> {}).path("check");
      print(check, Check::text);
      return check.path("problems").isEmpty() ? 0 : Exit.FAILED.code();
    }

    private static String text(JsonNode check) {
      StringBuilder text =
          new StringBuilder(
              "%s layers, %s files, %s pages: %s%n"
                  .formatted(
                      Figures.count(check.path("layers").asLong()),
                      Figures.count(check.path("files").asLong()),
                      Figures.count(check.path("pages").asLong()),
                      check.path("problems").isEmpty()
                          ? "sound"
                          : check.path("problems").size() + " problems"));
      check.path("problems").forEach(problem -> text.append(problem.asText()).append('\n'));
      return text.toString();
    }
  }
}
