package dev.coppice.server.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ServerTimingTest {

  @Test
  void whatIsSaidIsUnderstood() {
    assertThat(ServerTiming.of("create", 2_345_678)).isEqualTo("create;dur=2.346");
    assertThat(ServerTiming.millis("create;dur=2.346")).isEqualTo(2.346);
    assertThat(ServerTiming.millis("create; desc=\"a\"; dur=2, other;dur=7")).isEqualTo(2);
  }

  @Test
  void withoutADurationThereIsNone() {
    assertThat(ServerTiming.millis(null)).isNaN();
    assertThat(ServerTiming.millis("create")).isNaN();
  }
}
