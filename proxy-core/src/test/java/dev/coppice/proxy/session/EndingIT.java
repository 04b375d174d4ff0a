package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A branch whose engine is stopped on purpose: whoever uses it is told why. */
@ExtendWith(LeakGuard.class)
class EndingIT {

  private static final Refusal RESET =
      new Refusal("branch_reset", "57P01", "branch \"pr-1\" is being reset", "Connect again.");

  @TempDir private Path directory;

  /** Idle, in a transaction, in a statement, in an answer, in a COPY to and from the engine. */
  private static List<RawClient> clients(ProxyFixture fixture) {
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      RawClient client = new RawClient(fixture.port()).logIn();
      client.readUntil('Z');
      clients.add(client);
    }
    clients.get(1).send(RawClient.query("BEGIN")).readUntil('Z');
    clients.get(2).send(RawClient.query("SELECT pg_sleep(3600)"));
    clients.get(3).send(RawClient.query(rows())).readUntil('D');
    clients.get(4).send(RawClient.query("CREATE TEMP TABLE t (a text); COPY t FROM STDIN"));
    clients.get(4).readUntil('G');
    clients.get(5).send(RawClient.query("COPY (" + rows() + ") TO STDOUT")).readUntil('d');
    clients.get(6).send(RawClient.query("LISTEN news")).readUntil('Z');
    TestEngine.await(
        "the statements",
        () ->
            fixture
                .engine
                .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                .equals("3"));
    return clients;
  }

  /** Many, but fewer than sockets and buffers hold. */
  private static String rows() {
    return "SELECT repeat('x', 100), CASE WHEN n = 500 THEN pg_sleep(3600) END"
        + " FROM generate_series(1, 1000) n";
  }

  @Test
  void everySessionIsToldWhy() {
    try (ProxyFixture fixture = new ProxyFixture(directory)) {
      List<RawClient> clients = clients(fixture);
      fixture.branches.end(RESET);
      fixture.engine.stop();
      for (RawClient client : clients) {
        try (client) {
          assertThat(client.readToEnd().error())
              .as("client %d", clients.indexOf(client))
              .containsEntry('S', "FATAL")
              .containsEntry('C', "57P01")
              .containsEntry('M', RESET.message())
              .containsEntry('H', RESET.hint());
        }
      }
      TestEngine.await(
          "the release of all endpoints",
          () -> fixture.branches.closed.get() == fixture.branches.opened.get());
    }
  }

  @Test
  void aClientThatComesMeanwhileGetsTheNextEngine() {
    try (ProxyFixture fixture = new ProxyFixture(directory)) {
      CompletableFuture<EngineEndpoint> next = new CompletableFuture<>();
      EngineEndpoint ending = fixture.branches.endpoint(Path.of("/nonexistent"));
      fixture.branches.waking(() -> {
        fixture.branches.waking(() -> next);
        return CompletableFuture.completedFuture(ending);
      });
      fixture.branches.end(RESET);
      try (RawClient client = new RawClient(fixture.port())) {
        client.logIn(RawClient.query("SELECT 'late'"), RawClient.terminate());
        next.complete(fixture.branches.endpoint(fixture.engine.socket()));
        assertThat(client.readToEnd().types()).matches("RRS+KZTDCZ");
      }
      fixture.awaitNoSessions();
    }
  }

  @Test
  void aClientThatComesWhileABranchIsDeletedIsToldSo() {
    try (ProxyFixture fixture = new ProxyFixture(directory)) {
      EngineEndpoint ending = fixture.branches.endpoint(Path.of("/nonexistent"));
      fixture.branches.waking(() -> {
        fixture.branches.waking(() ->
            CompletableFuture.failedFuture(
                new RefusedException(
                    new Refusal("branch_not_found", "3D000", "there is no branch", "List them."))));
        return CompletableFuture.completedFuture(ending);
      });
      fixture.branches.end(RESET);
      try (RawClient client = new RawClient(fixture.port())) {
        assertThat(client.logIn().readToEnd().error()).containsEntry('C', "3D000");
      }
    }
  }

  @Test
  void aSessionThatIsSpareWhenItsEngineEndsIsNobodys() {
    try (ProxyFixture fixture = new ProxyFixture(directory)) {
      for (int i = 0; i < 8; i++) {
        try (RawClient client = new RawClient(fixture.port()).logIn()) {
          client.readUntil('Z');
          client.send(RawClient.terminate()).readRawToEnd();
        }
      }
      fixture.branches.end(RESET);
      fixture.engine.stop();
      TestEngine.await("the engine's end", () -> !fixture.engine.isAlive());
      fixture.branches.waking(() ->
          CompletableFuture.failedFuture(
              new RefusedException(new Refusal("gone", "3D000", "gone", "Look."))));
      try (RawClient client = new RawClient(fixture.port())) {
        assertThat(client.logIn().readToEnd().error()).containsEntry('C', "3D000");
      }
    }
  }

  @Test
  void aClientThatNeverReadsHoldsLittleAndIsCutOff() {
    try (ProxyFixture fixture = new ProxyFixture(directory);
        RawClient client = new RawClient(fixture.port()).logIn()) {
      client.readUntil('Z');
      client.send(RawClient.query("SELECT repeat('x', 10000) FROM generate_series(1, 100000)"));
      TestEngine.await(
          "the engine to wait for its client",
          () ->
              fixture
                  .engine
                  .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'")
                  .equals("1"));
      // The pool's chunks, of which every event loop has some.
      assertThat(fixture.metrics.get("coppice.proxy.buffers").gauge().value())
          .isLessThan(100 << 20);
      fixture.branches.end(RESET);
      fixture.engine.stop();
      TestEngine.await(
          "the client's end",
          () -> fixture.metrics.get("coppice.proxy.connections.active").gauge().value() == 0);
      assertThat(fixture.branches.closed).hasValue(1);
    }
  }
}
