package dev.coppice.benchmarks;

import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What the server's memory grows by for a client that is connected and does nothing. */
final class IdleClients {

  private static final int BRANCHES = 4;

  /** An engine allows a hundred sessions. */
  private static final int CLIENTS_PER_BRANCH = 75;

  private static final Path JCMD = Path.of(System.getProperty("java.home"), "bin", "jcmd");

  private static final Pattern MEMORY =
      Pattern.compile(
          "(?m)^(?:jvm_memory_used_bytes\\{area=\"heap\".*|coppice_proxy_buffers_bytes.*) (\\S+)$");

  private IdleClients() {}

  static void measure(
      BenchmarkContext context, ProxyPeers peers, List<Row> rows, List<Skipped> skipped)
      throws Exception {
    if (!Files.isExecutable(JCMD)) {
      skipped.add(new Skipped("idle_client_kib", "jcmd was not found: run with a JDK, not a JRE"));
      return;
    }
    context.say("idle clients");
    List<Connection> clients = new ArrayList<>();
    try {
      List<String> urls = new ArrayList<>();
      for (int i = 0; i < BRANCHES; i++) {
        urls.add(JdbcUrl.of(peers.branch("idle-" + i)));
        connect(urls.get(i), 1, clients);
      }
      double before = usedBytes(peers.server());
      for (String url : urls) {
        connect(url, CLIENTS_PER_BRANCH, clients);
      }
      int count = BRANCHES * CLIENTS_PER_BRANCH;
      double kib = (usedBytes(peers.server()) - before) / 1024 / count;
      rows.add(new Row("idle_client_kib", kib, "KiB", 1, kib, kib, "%d clients".formatted(count)));
    } finally {
      for (Connection client : clients) {
        client.close();
      }
    }
  }

  private static void connect(String url, int count, List<Connection> clients) throws SQLException {
    for (int i = 0; i < count; i++) {
      clients.add(DriverManager.getConnection(url));
    }
  }

  /** Of the heap after a collection, and of buffers beside it. */
  private static double usedBytes(ServerProcess server) throws IOException, InterruptedException {
    for (int i = 0; i < 2; i++) {
      Pgbench.output(List.of(JCMD.toString(), Long.toString(server.pid()), "GC.run"));
    }
    return MEMORY
        .matcher(server.metrics())
        .results()
        .mapToDouble(figure -> Double.parseDouble(figure.group(1)))
        .sum();
  }
}
