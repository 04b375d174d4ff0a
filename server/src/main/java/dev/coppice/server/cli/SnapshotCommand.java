package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.server.client.ApiClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code coppice snapshot …}. */
@Command(
    name = "snapshot",
    description = "Keeps states of sources and branches that branches can start from.",
    subcommands = {
      SnapshotCommand.Create.class,
      SnapshotCommand.ListAll.class,
      SnapshotCommand.Delete.class
    })
final class SnapshotCommand extends CommandGroup {

  @Command(name = "create", description = "Takes a snapshot of a source's base or of a branch.")
  static final class Create extends ClientCommand {
    @Parameters(index = "0", paramLabel = "SOURCE|BRANCH")
    private String of = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Default: chosen.")
    private @Nullable String name;

    @Override
    public Integer call() {
      ObjectNode body = object().put("of", of).put("name", name);
      print(
          api().post("/v1/snapshots", body),
          snapshot -> Views.snapshots(object().arrayNode().add(snapshot)));
      return 0;
    }
  }

  @Command(name = "list", description = "Lists snapshots.")
  static final class ListAll extends ClientCommand {
    @Parameters(arity = "0..1", paramLabel = "SOURCE|BRANCH", description = "Default: all.")
    private @Nullable String of;

    @Override
    public Integer call() {
      String query = of == null ? "" : "?of=" + ApiClient.escaped(of);
      print(api().get("/v1/snapshots" + query).path("snapshots"), Views::snapshots);
      return 0;
    }
  }

  @Command(name = "delete", description = "Deletes a snapshot that no branch needs.")
  static final class Delete extends ClientCommand {
    @Parameters(index = "0", paramLabel = "SOURCE|BRANCH")
    private String of = "";

    @Parameters(index = "1", paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      api().delete(path("snapshots", of) + "/" + ApiClient.escaped(name));
      printRemoval(name);
      return 0;
    }
  }
}
