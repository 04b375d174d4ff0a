package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.CancelKey;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Which engine gave out which key. Any thread. */
final class CancelKeys {

  private final Map<CancelKey, Path> sockets = new ConcurrentHashMap<>();

  void add(CancelKey key, Path engineSocket) {
    sockets.put(key, engineSocket);
  }

  void remove(CancelKey key, Path engineSocket) {
    sockets.remove(key, engineSocket);
  }

  Optional<Path> engineSocket(CancelKey key) {
    return Optional.ofNullable(sockets.get(key));
  }

  int size() {
    return sockets.size();
  }
}
