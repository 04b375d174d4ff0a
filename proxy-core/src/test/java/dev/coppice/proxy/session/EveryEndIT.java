package dev.coppice.proxy.session;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** In whatever state and whatever way a client ends, plainly or over TLS: nothing of it stays. */
@ExtendWith(LeakGuard.class)
class EveryEndIT {

  @RegisterExtension
  static final SharedProxy PROXY =
      new SharedProxy(directory -> {
        ProxyFixture fixture = new ProxyFixture(directory);
        fixture.engine.sql("CREATE ROLE streamer LOGIN REPLICATION");
        return fixture;
      });

  /** How a client ends. */
  enum Ending {
    TERMINATE {
      @Override
      void end(RawClient client) {
        client.send(RawClient.terminate());
        client.close();
      }
    },
    HALF_CLOSE {
      @Override
      void end(RawClient client) {
        client.closeOutput();
        client.readRawToEnd();
        client.close();
      }
    },
    CLOSE {
      @Override
      void end(RawClient client) {
        client.close();
      }
    },
    RESET {
      @Override
      void end(RawClient client) {
        client.reset();
      }
    };

    abstract void end(RawClient client);
  }

  @BeforeEach
  void wakeAtOnce() {
    Path socket = PROXY.fixture().engine.socket();
    PROXY
        .fixture()
        .branches
        .waking(() -> CompletableFuture.completedFuture(PROXY.fixture().branches.endpoint(socket)));
  }

  @AfterEach
  void nothingIsLeft() {
    TestEngine.await(
        "the end of all connections",
        () -> PROXY.fixture().metrics.get("coppice.proxy.connections.active").gauge().value() == 0);
    PROXY.fixture().awaitNoSessions();
  }

  @ParameterizedTest
  @EnumSource
  void leavesNothing(ClientState state) {
    for (Ending ending : Ending.values()) {
      for (boolean secure : new boolean[] {false, true}) {
        RawClient client = new RawClient(PROXY.fixture().port(), secure);
        try {
          state.enter(PROXY.fixture(), client);
          ending.end(client);
        } catch (RuntimeException | AssertionError e) {
          client.close();
          throw new AssertionError(
              "%s, then %s, %s".formatted(state, ending, secure ? "over TLS" : "plainly"), e);
        }
      }
    }
  }
}
