package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.RefusedException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedLoginsTest {

  private long nowNanos = Long.MAX_VALUE - 1000;
  private final FailedLogins logins =
      new FailedLogins(new LoginLimits(1, 4, Duration.ofMinutes(1)), () -> nowNanos);

  private static SocketAddress address(String text) {
    try {
      return new InetSocketAddress(InetAddress.getByName(text), 4711);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertRefused(String branch, String address) {
    assertThatThrownBy(() -> logins.requireFew(branch, address(address)))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              assertThat(e.refusal().sqlState()).isEqualTo("28000");
              assertThat(e.refusal().kind()).isEqualTo("failed_logins");
            });
  }

  private void assertLetIn(String branch, String address) {
    assertThatCode(() -> logins.requireFew(branch, address(address))).doesNotThrowAnyException();
  }

  @Test
  void eachFailureIsAnsweredLaterThanTheLast() {
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      delays.add(logins.failed("a", address("10.0.0.1")));
    }
    assertThat(delays).containsExactly(0L, 100L, 200L, 400L, 800L, 1600L, 3000L, 3000L, 3000L);
  }

  @Test
  void tooManyAreRefusedForAWhile() {
    for (int i = 0; i < 4; i++) {
      assertLetIn("a", "10.0.0.1");
      logins.failed("a", address("10.0.0.1"));
    }
    assertRefused("a", "10.0.0.1");
    assertLetIn("b", "10.0.0.1");
    assertLetIn("a", "10.0.0.2");
    nowNanos += Duration.ofSeconds(61).toNanos();
    assertLetIn("a", "10.0.0.1");
    assertThat(logins.failed("a", address("10.0.0.1"))).isZero();
  }

  @Test
  void aGoodPasswordMakesUpForBadOnes() {
    for (int i = 0; i < 3; i++) {
      logins.failed("a", address("10.0.0.1"));
    }
    logins.succeeded("a", address("10.0.0.1"));
    assertThat(logins.failed("a", address("10.0.0.1"))).isZero();
  }

  @Test
  void theHalfOfAnAddressThatItsOwnerChoosesDoesNotCount() {
    for (int i = 0; i < 4; i++) {
      logins.failed("a", address("2001:db8::" + i));
    }
    assertRefused("a", "2001:db8::ffff:1");
    assertLetIn("a", "2001:db8:0:1::1");
  }

  @Test
  void whatIsKnownIsBounded() {
    for (int i = 0; i < FailedLogins.MAX_PLACES + 100; i++) {
      logins.failed("branch-" + i, address("10.0.0.1"));
    }
    assertThat(logins.size()).isEqualTo(FailedLogins.MAX_PLACES);
  }
}
