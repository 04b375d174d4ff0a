package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.CancelKey;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The keys that clients were given, and the engines' own that they stand for. A session's process
 * id is the same in both; the secret is the client's alone. Any thread.
 */
final class CancelKeys {

  /**
   * What a client's key leads to.
   *
   * @param used whether a request came with it, which may reach the engine late
   */
  record Session(CancelKey engineKey, Path engineSocket, boolean used) {}

  private final SecureRandom random = new SecureRandom();
  private final Map<CancelKey, Session> sessions = new ConcurrentHashMap<>();

  CancelKey issue(CancelKey engineKey, Path engineSocket, int secretBytes) {
    Session session = new Session(engineKey, engineSocket, false);
    byte[] secret = new byte[secretBytes];
    while (true) {
      random.nextBytes(secret);
      CancelKey key = new CancelKey(engineKey.processId(), ByteBuffer.wrap(secret));
      if (sessions.putIfAbsent(key, session) == null) {
        return key;
      }
    }
  }

  /** Finds where a request must go, and notes that it came. */
  Optional<Session> use(CancelKey key) {
    return Optional.ofNullable(
        sessions.computeIfPresent(
            key, (_, session) -> new Session(session.engineKey(), session.engineSocket(), true)));
  }

  /** From now on the key leads nowhere; returns whether it was ever used. */
  boolean withdraw(CancelKey key) {
    Session session = sessions.remove(key);
    return session == null || session.used();
  }

  int size() {
    return sessions.size();
  }
}
