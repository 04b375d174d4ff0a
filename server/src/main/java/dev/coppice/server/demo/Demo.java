package dev.coppice.server.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.branches.DirectoryTree;
import dev.coppice.branches.StandaloneEngine;
import dev.coppice.server.CoppiceServer;
import dev.coppice.server.client.ApiClient;
import dev.coppice.server.client.ServerAddress;
import dev.coppice.server.config.Settings;
import dev.coppice.server.doctor.ClientTools;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import dev.coppice.server.output.Figures;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tour. It goes the way that a user goes: through HTTP and through connection strings. */
public final class Demo implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Demo.class);
  private static final String SOURCE = "shop";
  private static final String CHANGED = "pr-1";
  private static final String UNTOUCHED = "pr-2";

  /** Shows the pull's progress; closed when the pull has ended. */
  public interface Progress extends Consumer<JsonNode>, AutoCloseable {
    @Override
    void close();
  }

  private final Path workDirectory;
  private final Settings settings;
  private final Map<String, String> environment;
  private final Steps steps;
  private final Supplier<Progress> progress;
  private final Deque<AutoCloseable> closing = new ArrayDeque<>();
  private boolean closed;

  /**
   * @param workDirectory for the sample production database; deleted on close
   */
  public Demo(
      Path workDirectory,
      Settings settings,
      Map<String, String> environment,
      Steps steps,
      Supplier<Progress> progress) {
    this.workDirectory = workDirectory;
    this.settings = settings;
    this.environment = environment;
    this.steps = steps;
    this.progress = progress;
    closing.push(() -> DirectoryTree.delete(workDirectory));
  }

  /** Throws {@link ServerException} with {@code DEMO_FAILED} if a branch or the source leaked. */
  public void run() throws Exception {
    steps.title("A sample production database");
    SampleShop shop = production();
    Fingerprint before = steps.run("count and hash every row", () -> fingerprint(shop.url()));
    steps.line(
        "    %s rows in %d tables and materialized views"
            .formatted(Figures.count(before.rows()), before.tables().size()));

    steps.title("Coppice pulls it");
    CoppiceServer server =
        opened(steps.run("start the server", () -> CoppiceServer.start(settings, environment)));
    ApiClient api =
        new ApiClient(
            ServerAddress.find(
                Optional.of(server.httpUrl()), settings.dataDirectory(), environment));
    JsonNode source =
        steps.runWithProgress("source add shop postgres://…", () -> pull(api, shop.url()));
    describe(source);

    steps.title("Two branches of it");
    String changed = branch(api, CHANGED);
    String untouched = branch(api, UNTOUCHED);

    steps.title("One of them is changed, the other is not");
    long deleted = change(changed);
    Fingerprint after = steps.run("count and hash pr-1", () -> fingerprint(changed));
    Fingerprint other = steps.run("count and hash pr-2", () -> fingerprint(untouched));
    Fingerprint production = steps.run("count and hash production", () -> fingerprint(shop.url()));
    compare(before, after, other, production, deleted);
    occupied(api);
    connectionStrings(api, shop);
  }

  private SampleShop production() throws Exception {
    int major = major();
    SampleShop shop =
        opened(
            steps.run(
                "start PostgreSQL " + major,
                () -> SampleShop.start(workDirectory.resolve("production"), major, settings)));
    steps.run(
        "generate a shop's rows",
        () -> {
          shop.createDatabase();
          shop.run("schema.sql");
          shop.run("rows.sql");
          return shop;
        });
    steps.run(
        "add keys, indexes, triggers, views, policies",
        () -> {
          shop.run("rules.sql");
          return shop;
        });
    return shop;
  }

  /** The newest major that there is an engine for, and tools that can dump it. */
  private int major() {
    NavigableMap<Integer, Path> tools =
        ClientTools.find(settings.postgresDirectories(), environment);
    List<Integer> engines =
        StandaloneEngine.majors(settings.postgresDirectories(), settings.embeddedArchives());
    return engines.stream()
        .filter(major -> !tools.isEmpty() && major <= tools.lastKey())
        .max(Integer::compare)
        .orElseThrow(() ->
            new ServerException(
                ServerFailure.TOOL_MISSING,
                "no PostgreSQL that can be pulled: engines %s, client tools %s"
                    .formatted(engines, tools.keySet()),
                "Install the client tools: \"apt-get install postgresql-client\"."));
  }

  private JsonNode pull(ApiClient api, String url) {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("name", SOURCE).put("url", url);
    body.put("follow", false);
    try (Progress bars = progress.get()) {
      return api.stream("/v1/sources", body, bars).path("source");
    }
  }

  private void describe(JsonNode source) {
    steps.line(
        "    %s rows of %d tables"
            .formatted(
                Figures.count(source.path("rows").asLong()), source.path("tables").asLong()));
    for (JsonNode note : source.path("fidelity")) {
      steps.line(
          "    fidelity: %s %s %s: %s"
              .formatted(
                  note.path("kind").asText(),
                  note.path("object").asText(),
                  note.path("action").asText(),
                  note.path("reason").asText()));
    }
  }

  private String branch(ApiClient api, String name) throws Exception {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("name", name).put("from", SOURCE);
    JsonNode branch =
        steps.run(
            "branch create %s --from %s".formatted(name, SOURCE),
            () -> api.post("/v1/branches?password=true", body));
    String url = branch.path("url").asText();
    steps.run("connect to %s and read a row".formatted(name), () -> firstRow(url));
    return url;
  }

  private static String firstRow(String url) throws SQLException {
    try (Connection connection = SqlScript.connect(url);
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT name FROM catalog.products ORDER BY id LIMIT 1")) {
      result.next();
      return result.getString(1);
    }
  }

  /** Returns how many orders were deleted. */
  private long change(String url) throws Exception {
    try (Connection connection = SqlScript.connect(url)) {
      steps.run(
          "pr-1: a migration (column, table, index, backfill)",
          () -> SqlScript.run(connection, "migration.sql"));
      return steps.run(
          "pr-1: DELETE FROM sales.orders WHERE status = 'cancelled'",
          () -> SqlScript.run(connection, "change.sql"));
    }
  }

  private static Fingerprint fingerprint(String url) throws SQLException {
    try (Connection connection = SqlScript.connect(url)) {
      return Fingerprint.of(connection);
    }
  }

  private void compare(
      Fingerprint before,
      Fingerprint changed,
      Fingerprint untouched,
      Fingerprint production,
      long deleted) {
    long ordersBefore = before.rows("sales.orders");
    long ordersAfter = changed.rows("sales.orders");
    steps.line(
        "    pr-1 has %s orders where production has %s, and it differs in:"
            .formatted(Figures.count(ordersAfter), Figures.count(ordersBefore)));
    changed.differences(before).forEach(line -> steps.line("      " + line));
    require(
        deleted > 0 && ordersBefore - ordersAfter == deleted,
        "pr-1 should have lost exactly the %d orders that were deleted".formatted(deleted));
    require(
        changed.rows("sales.refunds") > 0, "pr-1 should have the table that the migration made");
    requireSame("pr-2", untouched, before);
    requireSame("production", production, before);
    steps.line(
        "    pr-2 and production are what production was before: all %s rows, columns, indexes"
            .formatted(Figures.count(before.rows())));
  }

  private void requireSame(String what, Fingerprint now, Fingerprint before) {
    List<String> differences = now.differences(before);
    differences.forEach(line -> steps.line("    ✗ %s: %s".formatted(what, line)));
    require(differences.isEmpty(), what + " is not what production was before");
  }

  private static void require(boolean fact, String otherwise) {
    if (!fact) {
      throw new ServerException(
          ServerFailure.DEMO_FAILED, otherwise, "This is a bug in Coppice; please report it.");
    }
  }

  private void occupied(ApiClient api) {
    steps.title("What each of them occupies");
    JsonNode source = api.get("/v1/sources/" + SOURCE);
    occupiedLine(SOURCE + " (base)", source.path("own_bytes").asLong());
    for (String name : List.of(CHANGED, UNTOUCHED)) {
      occupiedLine(name, api.get("/v1/branches/" + name).path("own_bytes").asLong());
    }
  }

  private void occupiedLine(String name, long bytes) {
    steps.line("    %-12s %10s  (%d bytes)".formatted(name, Figures.bytes(bytes), bytes));
  }

  private void connectionStrings(ApiClient api, SampleShop shop) {
    steps.title("Connection strings");
    steps.line("    %-12s %s".formatted("production", shop.url()));
    for (String name : List.of(CHANGED, UNTOUCHED)) {
      String url = api.get("/v1/branches/" + name + "?password=true").path("url").asText();
      steps.line("    %-12s %s".formatted(name, url));
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    synchronized (closing) {
      closing.push(part);
    }
    return part;
  }

  /** Stops what was started and deletes the sample database. */
  @Override
  public void close() {
    synchronized (closing) {
      if (closed) {
        return;
      }
      closed = true;
      while (!closing.isEmpty()) {
        try {
          closing.pop().close();
        } catch (IOException e) {
          LOG.warn("Something of the demo could not be deleted", e);
        } catch (Exception e) {
          LOG.error("Stopping a part of the demo failed", e);
        }
      }
    }
  }
}
