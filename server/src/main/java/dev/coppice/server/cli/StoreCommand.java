package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.server.failure.FailureCode.Exit;
import dev.coppice.server.output.Figures;
import dev.coppice.server.output.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code coppice store …}. */
@Command(
    name = "store",
    description = "Looks after the page store.",
    subcommands = {StoreCommand.Check.class, StoreCommand.Status.class})
final class StoreCommand extends CommandGroup {

  @Command(name = "check", description = "Verifies every layer against its checksums.")
  static final class Check extends ClientCommand {
    @Option(
        names = "--space",
        description = "Instead compares what the store's books say with every block on disk.")
    private boolean space;

    @Override
    public Integer call() {
      return space ? checkSpace() : checkLayers();
    }

    private int checkLayers() {
      JsonNode check = api().stream("/v1/store/check", object(), event -> {}).path("check");
      print(check, Check::text);
      return check.path("problems").isEmpty() ? 0 : Exit.FAILED.code();
    }

    private int checkSpace() {
      JsonNode check = api().stream("/v1/store/space", object(), event -> {}).path("space");
      print(check, Check::spaceText);
      return check.path("differences").isEmpty() ? 0 : Exit.FAILED.code();
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

    private static String spaceText(JsonNode check) {
      TextTable sums = new TextTable("WHAT", "BYTES>");
      sums.row("pages that layers hold", bytes(check, "held_bytes"));
      sums.row("- holes among them", bytes(check, "hole_bytes"));
      sums.row("+ journal, logs, manifests", bytes(check, "record_bytes"));
      sums.row("+ reserved, file system", bytes(check, "overhead_bytes"));
      sums.row("+ write-ahead logs", bytes(check, "log_bytes"));
      sums.row("+ open without a name", bytes(check, "open_bytes"));
      sums.row("+ staged", bytes(check, "staged_bytes"));
      sums.row("+ being deleted", bytes(check, "pending_bytes"));
      sums.row("on disk", bytes(check, "allocated_bytes"));
      if (check.path("differences").isEmpty()) {
        return sums + "\nbooks and disk agree\n";
      }
      TextTable differences = new TextTable("KIND", "BYTES>", "FILE", "WHAT");
      check
          .path("differences")
          .forEach(difference ->
              differences.row(
                  difference.path("kind").asText(),
                  bytes(difference, "bytes"),
                  difference.path("file").asText(),
                  difference.path("what").asText()));
      return sums + "\nbooks and disk differ\n" + differences;
    }

    private static String bytes(JsonNode node, String field) {
      return Long.toString(node.path(field).asLong());
    }
  }

  @Command(name = "status", description = "Shows what was deleted and still takes space.")
  static final class Status extends ClientCommand {
    @Override
    public Integer call() {
      print(api().get("/v1/store"), Status::text);
      return 0;
    }

    private static String text(JsonNode store) {
      JsonNode deleting = store.path("deleting");
      return "deleting  %s layers, %s files, %s%n"
          .formatted(
              Figures.count(deleting.path("layers").asLong()),
              Figures.count(deleting.path("files").asLong()),
              Figures.bytes(deleting.path("bytes").asLong()));
    }
  }
}
