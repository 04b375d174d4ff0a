package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SpareSessionsTest {

  private final SpareSessions sessions = new SpareSessions(Duration.ofSeconds(1));
  private final EmbeddedChannel channel = new EmbeddedChannel();

  @Test
  void clearsOneEngineAlone() {
    EmbeddedChannel other = new EmbeddedChannel();
    sessions.own(channel, "engine");
    sessions.own(other, "other");
    assertThat(sessions.clear("engine")).isTrue();
    assertThat(channel.isOpen()).isFalse();
    assertThat(other.isOpen()).isTrue();
    assertThat(sessions.clear("engine")).isFalse();
    assertThat(sessions.size()).isEqualTo(1);
  }

  @Test
  void whatAClientHasIsNotCleared() {
    sessions.own(channel, "engine");
    assertThat(sessions.disown(channel)).isTrue();
    assertThat(sessions.clear("engine")).isFalse();
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void noClientGetsWhatIsBeingCleared() {
    sessions.own(channel, "engine");
    sessions.clear("engine");
    assertThat(sessions.disown(channel)).isFalse();
  }
}
