package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakGuard.class)
class ShutdownIT {

  @TempDir private Path directory;

  @Test
  void theEnginesFarewellReachesItsClients() {
    try (ProxyFixture fixture = new ProxyFixture(directory);
        RawClient idle = new RawClient(fixture.port()).logIn();
        RawClient busy = new RawClient(fixture.port()).logIn()) {
      idle.readUntil('Z');
      busy.readUntil('Z');
      busy.send(RawClient.query("SELECT pg_sleep(3600)"));
      fixture.engine.stop();
      assertThat(idle.readToEnd().error()).containsEntry('C', "57P01");
      assertThat(busy.readToEnd().error()).containsEntry('C', "57P01");
      TestEngine.await("the release of all endpoints", () -> fixture.branches.closed.get() == 2);
    }
  }

  @Test
  void theProxysFarewellReachesItsClients() {
    try (ProxyFixture fixture = new ProxyFixture(directory);
        RawClient idle = new RawClient(fixture.port()).logIn();
        RawClient busy = new RawClient(fixture.port()).logIn();
        RawClient copying = new RawClient(fixture.port()).logIn();
        RawClient connecting = new RawClient(fixture.port()).startup("app.pr-1")) {
      idle.readUntil('Z');
      busy.readUntil('Z');
      connecting.read();
      busy.send(RawClient.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000000)"));
      busy.readUntil('T');
      copying.readUntil('Z');
      copying.send(RawClient.query("CREATE TEMP TABLE t (a text); COPY t FROM STDIN"));
      copying.readUntil('G');
      copying.send(RawClient.message('d', new byte[] {'1', '\n'}));
      fixture.proxy.close();
      assertThat(copying.readToEnd().error()).containsEntry('C', "57P01").containsKey('H');
      assertThat(idle.readToEnd().error()).containsEntry('C', "57P01").containsKey('H');
      assertThat(connecting.readToEnd().error()).containsEntry('C', "57P01");
      TestEngine.await("the end of all engine sessions", () -> fixture.engineSessions() == 0);
      assertThat(fixture.branches.closed).hasValue(3);
    }
  }
}
