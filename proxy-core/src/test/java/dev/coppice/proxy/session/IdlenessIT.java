package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.IdleLimits;
import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.ProxyLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakGuard.class)
class IdlenessIT {

  /** Much longer than a round of messages takes, and than the other limit. */
  private static final Duration LONG = Duration.ofMinutes(10);

  /** Nobody has to do anything within it. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  private static final byte[] BEGIN = RawClient.query("BEGIN");

  @TempDir private Path directory;

  private ProxyFixture fixture(Duration session, Duration transaction) {
    return new ProxyFixture(
        directory,
        ProxyFixture.PATIENCE,
        Duration.ZERO,
        new ProxyLimits(100, 100, 100, LoginLimits.USUAL, new IdleLimits(session, transaction)));
  }

  private static double bytes(ProxyFixture fixture, String direction) {
    return fixture.metrics.get("coppice.proxy.bytes").tag("direction", direction).counter().count();
  }

  private static Map<Character, String> farewell(RawClient client) {
    return client.readToEnd().error();
  }

  @Test
  void aSessionThatDoesNothingIsEnded() {
    // What is sent with the password is there before the session can become idle.
    try (ProxyFixture fixture = fixture(SHORT, LONG);
        RawClient idle = new RawClient(fixture.port()).logIn();
        // Two statements at once: the first answer does not make it idle.
        RawClient busy =
            new RawClient(fixture.port())
                .logIn(RawClient.query("SELECT 1"), RawClient.query("SELECT pg_sleep(2)"));
        RawClient open = new RawClient(fixture.port()).logIn(BEGIN);
        RawClient midway =
            new RawClient(fixture.port()).logIn(RawClient.message('H', new byte[0]))) {
      assertThat(farewell(idle)).containsEntry('C', "57P05").containsKey('H');
      assertThat(busy.readUntil('Z')).endsWith("Z");
      assertThat(busy.readUntil('Z')).endsWith("DCZ");
      assertThat(busy.readUntil('Z')).endsWith("DCZ");
      assertThat(farewell(busy)).containsEntry('C', "57P05");
      open.readUntil('Z');
      open.readUntil('Z');
      open.send(RawClient.query("SELECT 1"));
      assertThat(open.readUntil('Z')).isEqualTo("TDCZ");
      midway.readUntil('Z');
      midway.send(RawClient.query("SELECT 1"));
      assertThat(midway.readUntil('Z')).isEqualTo("TDCZ");
      assertThat(
              fixture
                  .metrics
                  .get("coppice.proxy.sessions.ended")
                  .tag("kind", "session_idle")
                  .counter()
                  .count())
          .isEqualTo(2);
    }
  }

  @Test
  void aTransactionThatDoesNothingIsEnded() {
    try (ProxyFixture fixture = fixture(Duration.ZERO, SHORT);
        RawClient idle = new RawClient(fixture.port()).logIn();
        RawClient open = new RawClient(fixture.port()).logIn(BEGIN);
        RawClient failed =
            new RawClient(fixture.port()).logIn(RawClient.query("BEGIN; SELECT 1/0"))) {
      idle.readUntil('Z');
      assertThat(farewell(open)).containsEntry('C', "25P03").containsKey('H');
      assertThat(farewell(failed)).containsEntry('C', "25P03");
      idle.send(RawClient.query("SELECT 1"));
      assertThat(idle.readUntil('Z')).isEqualTo("TDCZ");
      idle.send(RawClient.terminate());
      idle.readRawToEnd();
      fixture.awaitNoSessions();
      assertThat(bytes(fixture, "in")).isGreaterThanOrEqualTo(3 * BEGIN.length);
      assertThat(bytes(fixture, "out")).isGreaterThan(100);
    }
  }
}
