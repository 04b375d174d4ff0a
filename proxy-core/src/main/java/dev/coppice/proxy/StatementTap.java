package dev.coppice.proxy;

import java.util.Optional;

/**
 * Sees what clients ask of their engines. The server takes the first that {@link
 * java.util.ServiceLoader} finds on its class path.
 */
public interface StatementTap {

  /**
   * A session begins. Called on an event loop: returns at once and does not block.
   *
   * @return what is told of the session; nothing where it is of no interest, which then costs
   *     nothing
   */
  Optional<SessionTap> begin(TappedSession session);
}
