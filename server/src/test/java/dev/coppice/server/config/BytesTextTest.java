package dev.coppice.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BytesTextTest {
  @ParameterizedTest
  @CsvSource({
    "10GB,10000000000",
    "1.5 TB,1500000000000",
    "512MiB,536870912",
    "512mib,536870912",
    "8192B,8192",
    "0.5kB,500"
  })
  void readsWhatPeopleWrite(String text, long expected) {
    assertThat(BytesText.parse(text)).hasValue(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "10", "0GB", "-1GB", "GB", "10 G B", "ten GB", "999999999999999TB"})
  void refusesTheRest(String text) {
    assertThat(BytesText.parse(text)).isEmpty();
  }
}
