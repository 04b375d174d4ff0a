package dev.coppice.proxy.session;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The sessions that hold a way to an engine. Any thread. */
final class EngineSessions {

  private final Set<EngineSession> sessions = ConcurrentHashMap.newKeySet();

  void add(EngineSession session) {
    sessions.add(session);
    session.ended().thenRun(() -> sessions.remove(session));
  }

  /**
   * Lets sessions end by themselves until the deadline, a {@link System#nanoTime()}, then closes
   * them. Their event loops must still run: not every transport closes its channels with its loop.
   */
  void end(long deadlineNanos) {
    try {
      for (EngineSession session : sessions) {
        session.ended().get(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
    } catch (TimeoutException _) {
      sessions.forEach(EngineSession::close);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets go of what is left. For when no event loop runs any more. */
  void release() {
    sessions.forEach(EngineSession::release);
  }
}
