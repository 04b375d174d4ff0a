package dev.coppice.server.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostCheckTest {
  private final HostCheck check = new HostCheck(Set.of("coppice.example.org"));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:7480",
        "127.0.0.1",
        "[::1]:7480",
        "localhost:7480",
        "LOCALHOST",
        "10.1.2.3",
        "coppice.example.org",
        "Coppice.Example.org:80"
      })
  void acceptsAddressesAndItsOwnNames(String host) {
    assertThat(check.accepts(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "evil.example.com",
        "evil.example.com:7480",
        "127.0.0.1.evil.example.com",
        "localhost.evil.example.com",
        "example.org",
        ":7480"
      })
  void refusesOtherNames(String host) {
    assertThat(check.accepts(host)).isFalse();
  }
}
