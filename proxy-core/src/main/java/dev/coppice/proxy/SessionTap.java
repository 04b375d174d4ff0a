package dev.coppice.proxy;

/**
 * What passes in one session, in the order of each direction: the fronts of messages, never their
 * rows, parameters or copied data. Called on the session's event loop before the bytes are passed
 * on, so it must neither block nor take long. If it throws, it hears no more of the session, and
 * the session goes on.
 *
 * <p>The engine answers in the order it was asked, but an error leaves out what was asked before
 * the next {@link #sync}.
 */
public interface SessionTap {

  /** How much of a text is shown. */
  int MAX_TEXT_BYTES = 64 * 1024;

  /** The client has statements run, by the simple protocol. */
  default void query(PassingText statements) {}

  /** The client has a statement prepared; the unnamed one has the empty name. */
  default void parse(PassingText name, PassingText statement) {}

  /** The client gives a prepared statement its parameters, which are not shown. */
  default void bind(PassingText portal, PassingText statement) {}

  /** The client has a portal run. */
  default void execute(PassingText portal) {}

  /** The client forgets a prepared statement or a portal. */
  default void close(boolean portal, PassingText name) {}

  /** The client has a function called, by the fast path. */
  default void functionCall() {}

  /** The client ends what it asks by the extended protocol, and awaits {@link #ready}. */
  default void sync() {}

  /** Any other message of the client: of copied data, for example. */
  default void sent(char type, long bodyBytes) {}

  /** A statement was completed, with its tag ({@code SELECT 1}). */
  default void completed(PassingText tag) {}

  /** A statement failed, or the session did. */
  default void failed(PassingText sqlState) {}

  /**
   * The engine awaits the next query.
   *
   * @param transaction {@code I} outside of one, {@code T} in one, {@code E} in a failed one
   */
  default void ready(char transaction) {}

  /** Any other message of the engine: a row, for example. */
  default void received(char type, long bodyBytes) {}

  /** The session has ended for the client; the last call. */
  default void ended() {}
}
