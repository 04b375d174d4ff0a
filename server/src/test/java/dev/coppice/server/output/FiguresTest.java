package dev.coppice.server.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "999,999 B",
    "1000,1.00 kB",
    "9994,9.99 kB",
    "12345,12.3 kB",
    "999500,1.00 MB",
    "1234567890,1.23 GB",
    "123456789012345,123 TB"
  })
  void bytesHaveThreeDigits(long bytes, String expected) {
    assertThat(Figures.bytes(bytes)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "PT0.0042S,4.20 ms",
    "PT0.9S,900 ms",
    "PT1.234S,1.23 s",
    "PT59.9S,59.9 s",
    "PT125S,2 min 5 s",
    "PT3H20M,3 h 20 min",
    "P2DT5H,2 d 5 h"
  })
  void timesHaveAFittingUnit(Duration duration, String expected) {
    assertThat(Figures.time(duration)).isEqualTo(expected);
  }
}
