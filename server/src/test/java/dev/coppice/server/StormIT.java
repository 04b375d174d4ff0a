package dev.coppice.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coppice.branches.AddSource;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.DirectoryTree;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.testing.PostgresServer;
import dev.coppice.server.client.ApiClient;
import dev.coppice.server.client.ServerAddress;
import dev.coppice.server.config.SettingKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Many clients at once, each with a branch of its own, and room for few engines. For long: {@code
 * -Dcoppice.storm.clients=500 -Dcoppice.storm.memory=1GB}.
 */
class StormIT {
  private static final int CLIENTS = Integer.getInteger("coppice.storm.clients", 24);
  private static final String MEMORY = System.getProperty("coppice.storm.memory", "250MB");

  @Test
  void everyClientCreatesConnectsWritesReadsAndDeletes() throws Exception {
    Path directory = Files.createTempDirectory("coppice-storm-it-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    try (PostgresServer source = PostgresServer.start("postgres")) {
      source.execute("postgres", "CREATE DATABASE shop");
      source.execute("postgres", "CREATE ROLE puller SUPERUSER LOGIN PASSWORD 'pull'");
      source.execute("shop", "CREATE TABLE item AS SELECT generate_series(1, 1000) AS id");
      try (CoppiceServer server =
          CoppiceServer.start(
              TestSettings.in(directory, SettingKey.ENGINE_MEMORY, MEMORY), Map.of())) {
        server
            .manager()
            .addSource(
                new AddSource(
                    new BranchName("shop"),
                    SourceAddress.parse(source.url("puller", "pull", "shop")),
                    PullOptions.standard()),
                event -> {});
        storm(server, directory.resolve("data"));
        assertThat(server.manager().branches()).isEmpty();
      }
    } finally {
      DirectoryTree.delete(directory);
    }
  }

  private static void storm(CoppiceServer server, Path data) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    AtomicInteger done = new AtomicInteger();
    List<Future<?>> clients = new ArrayList<>();
    long began = System.nanoTime();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS; i++) {
        String name = "storm-" + i;
        clients.add(
            threads.submit(() -> {
              start.await();
              client(server, data, name);
              return done.incrementAndGet();
            }));
      }
      start.countDown();
    }
    List<String> failures = new ArrayList<>();
    for (Future<?> client : clients) {
      try {
        client.get();
      } catch (ExecutionException e) {
        failures.add(String.valueOf(e.getCause()));
      }
    }
    System.err.printf(
        "%d of %d clients in %.1f s%n", done.get(), CLIENTS, (System.nanoTime() - began) / 1e9);
    assertThat(failures).isEmpty();
  }

  private static void client(CoppiceServer server, Path data, String name) throws Exception {
    ApiClient api = new ApiClient(ServerAddress.find(Optional.empty(), data, Map.of()));
    api.post("/v1/branches", JsonNodeFactory.instance.objectNode().put("name", name));
    String url = server.url(new BranchName(name));
    String[] parts = url.replace("postgres://", "").split("[:@]", 3);
    try (Connection connection =
            DriverManager.getConnection("jdbc:postgresql://" + parts[2], parts[0], parts[1]);
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO item VALUES (4711)");
      try (ResultSet rows = statement.executeQuery("SELECT count(*), max(id) FROM item")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(1001);
        assertThat(rows.getInt(2)).isEqualTo(4711);
      }
    }
    api.delete("/v1/branches/" + name);
  }
}
