package dev.coppice.proxy.session;

import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Slows down who guesses passwords: each wrong one in a row, from one address for one branch, is
 * answered later than the last, and after some nobody from there is let try for a while. Whether
 * the role exists makes no difference. Any thread.
 */
final class FailedLogins {

  /** What is known of the one that failed longest ago is forgotten for another. */
  static final int MAX_PLACES = 10_000;

  private static final long SECOND_DELAY_MILLIS = 100;
  private static final long MAX_DELAY_MILLIS = 3_000;
  private static final int NETWORK_BYTES = 8;

  /**
   * @param network an address; of IPv6 the first half, the rest being one customer's to choose
   */
  private record Place(Object network, String branch) {}

  private record Failures(int count, long lastNanos) {}

  private final LoginLimits limits;
  private final LongSupplier nanos;

  /** Guarded by this; the one that failed longest ago comes first. */
  private final Map<Place, Failures> places = new LinkedHashMap<>();

  FailedLogins(LoginLimits limits, LongSupplier nanos) {
    this.limits = limits;
    this.nanos = nanos;
  }

  /** Throws {@link RefusedException} if too many have failed. */
  synchronized void requireFew(String branch, SocketAddress address) {
    Place place = place(branch, address);
    Failures failures = recent(place);
    if (failures.count >= limits.failures()) {
      long left = limits.pause().toNanos() - (nanos.getAsLong() - failures.lastNanos);
      throw new RefusedException(
          new Refusal(
              "failed_logins",
              "28000",
              "too many failed logins to branch \"%s\" from your address".formatted(branch),
              "Try again in %d seconds. `coppice url %s` prints the connection string."
                  .formatted(Math.max(1, TimeUnit.NANOSECONDS.toSeconds(left)), branch)));
    }
  }

  /** Takes note of a wrong password; returns for how long the answer is to be held back. */
  synchronized long failed(String branch, SocketAddress address) {
    Place place = place(branch, address);
    int count = recent(place).count + 1;
    places.remove(place);
    if (places.size() >= MAX_PLACES) {
      places.remove(places.keySet().iterator().next());
    }
    places.put(place, new Failures(count, nanos.getAsLong()));
    return count == 1
        ? 0
        : Math.min(MAX_DELAY_MILLIS, SECOND_DELAY_MILLIS << Math.min(count - 2, 10));
  }

  synchronized void succeeded(String branch, SocketAddress address) {
    if (!places.isEmpty()) {
      places.remove(place(branch, address));
    }
  }

  synchronized int size() {
    return places.size();
  }

  private Failures recent(Place place) {
    Failures failures = places.getOrDefault(place, new Failures(0, 0));
    return nanos.getAsLong() - failures.lastNanos < limits.pause().toNanos()
        ? failures
        : new Failures(0, 0);
  }

  private static Place place(String branch, SocketAddress address) {
    if (address instanceof InetSocketAddress ip) {
      return new Place(
          ip.getAddress() instanceof Inet6Address wide
              ? HexFormat.of().formatHex(Arrays.copyOf(wide.getAddress(), NETWORK_BYTES))
              : ip.getAddress(),
          branch);
    }
    return new Place(address.toString(), branch);
  }
}
