package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.RefusedException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class AdmissionsTest {

  private final Deque<Runnable> inside = new ArrayDeque<>();

  private static SocketAddress from(int host, int port) {
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) host}), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertRefused(
      Admissions admissions, String branch, SocketAddress address, String kind) {
    assertThatThrownBy(() -> admissions.admit(branch, address))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              assertThat(e.refusal().kind()).isEqualTo(kind);
              assertThat(e.refusal().sqlState()).isEqualTo("53300");
            });
  }

  @Test
  void eachLimitCountsForItself() {
    Admissions admissions = new Admissions(new ProxyLimits(4, 2, 3));
    inside.add(admissions.admit("a", from(1, 1)));
    inside.add(admissions.admit("a", from(1, 2)));
    assertRefused(admissions, "a", from(2, 1), "connections_branch");
    inside.add(admissions.admit("b", from(1, 3)));
    assertRefused(admissions, "b", from(1, 4), "connections_address");
    inside.add(admissions.admit("b", from(2, 1)));
    assertRefused(admissions, "c", from(3, 1), "connections_all");
    inside.removeFirst().run();
    inside.add(admissions.admit("a", from(3, 1)));
  }

  @Test
  void nothingIsCountedOfWhoWasRefusedOrHasLeft() {
    Admissions admissions = new Admissions(new ProxyLimits(10, 1, 1));
    inside.add(admissions.admit("a", from(1, 1)));
    for (int i = 0; i < 100; i++) {
      assertRefused(admissions, "a", from(2, i), "connections_branch");
      assertRefused(admissions, "b", from(1, i), "connections_address");
    }
    inside.forEach(Runnable::run);
    assertThat(admissions.size()).isZero();
  }
}
