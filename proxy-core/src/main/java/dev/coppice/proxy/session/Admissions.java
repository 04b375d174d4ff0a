package dev.coppice.proxy.session;

import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts the clients that have said where they want to go, against the limits. Any thread. */
final class Admissions {

  private final ProxyLimits limits;
  private final Map<Object, Integer> counts = new ConcurrentHashMap<>();

  /** What is counted. */
  private sealed interface Place {
    record All() implements Place {}

    record Branch(String name) implements Place {}

    record Address(Object host) implements Place {}
  }

  Admissions(ProxyLimits limits) {
    this.limits = limits;
  }

  /** Lets a client in, or throws {@link RefusedException}; the answer takes it out again, once. */
  Runnable admit(String branch, SocketAddress address) {
    Object host = address instanceof InetSocketAddress ip ? ip.getAddress() : address;
    List<Place> places =
        List.of(new Place.All(), new Place.Branch(branch), new Place.Address(host));
    List<Place> entered = new ArrayList<>();
    for (Place place : places) {
      int limit = limit(place);
      if (counts.merge(place, 1, Integer::sum) > limit) {
        leave(place);
        entered.forEach(this::leave);
        throw new RefusedException(refusal(place, limit));
      }
      entered.add(place);
    }
    return () -> entered.forEach(this::leave);
  }

  private void leave(Place place) {
    counts.computeIfPresent(place, (_, count) -> count == 1 ? null : count - 1);
  }

  private int limit(Place place) {
    return switch (place) {
      case Place.All _ -> limits.connections();
      case Place.Branch _ -> limits.perBranch();
      case Place.Address _ -> limits.perAddress();
    };
  }

  private static Refusal refusal(Place place, int limit) {
    return switch (place) {
      case Place.All _ ->
          tooMany(
              "connections_all",
              "sorry, too many clients already: this server takes %d".formatted(limit),
              "limits.connections");
      case Place.Branch branch ->
          tooMany(
              "connections_branch",
              "too many clients of branch \"%s\": it takes %d".formatted(branch.name(), limit),
              "limits.connections_per_branch");
      case Place.Address _ ->
          tooMany(
              "connections_address",
              "too many clients from your address: it may have %d".formatted(limit),
              "limits.connections_per_address");
    };
  }

  private static Refusal tooMany(String kind, String message, String setting) {
    return new Refusal(
        kind,
        "53300",
        message,
        "Close connections that are not needed, or raise %s on the server.".formatted(setting));
  }

  int size() {
    return counts.size();
  }
}
