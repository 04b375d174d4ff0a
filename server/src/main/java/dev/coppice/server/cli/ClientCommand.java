package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.server.client.ApiClient;
import dev.coppice.server.client.ServerAddress;
import dev.coppice.server.config.DataDirectory;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A command that asks a server. */
abstract class ClientCommand extends OutputCommand {
  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "The server to ask (default: COPPICE_URL, else the one on the data directory).")
  private @Nullable String server;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "The server's data directory (default: COPPICE_DATA_DIR, else ~/.coppice).")
  private @Nullable Path dataDirectory;

  final ApiClient api() {
    Map<String, String> environment = System.getenv();
    Path directory =
        Optional.ofNullable(dataDirectory)
            .or(() -> Optional.ofNullable(environment.get("COPPICE_DATA_DIR")).map(Path::of))
            .orElseGet(() -> DataDirectory.standard(environment));
    return new ApiClient(ServerAddress.find(Optional.ofNullable(server), directory, environment));
  }

  static String path(String collection, String name) {
    return "/v1/" + collection + "/" + ApiClient.escaped(name);
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** What a command prints that made something disappear. */
  final void printRemoval(String name) {
    print(object().put("name", name).put("removed", true), ignored -> "");
  }
}
