package dev.coppice.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationTextTest {
  @ParameterizedTest
  @CsvSource({"90s,PT90S", "5m,PT5M", "2h,PT2H", "7d,P7D", "1h30m,PT90M", "PT2H,PT2H", "2H,PT2H"})
  void readsWhatPeopleWrite(String text, Duration expected) {
    assertThat(DurationText.parse(text)).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "0s", "-5m", "2", "2 hours", "h", "1m1h", "soon", "99999999999d"})
  void refusesTheRest(String text) {
    assertThat(DurationText.parse(text)).isEmpty();
  }
}
