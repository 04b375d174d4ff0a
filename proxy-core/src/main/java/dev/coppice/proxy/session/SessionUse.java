package dev.coppice.proxy.session;

import java.util.Optional;

/**
 * One client's use of a session that others like it might use after.
 *
 * @param fingerprint as of {@link SessionCheck}, taken before the session began
 * @param verified whether the session was there before the client, and the fingerprint was the same
 *     when it came
 * @param watch what the client does with it
 */
record SessionUse(
    SpareShelf shelf,
    SessionKey key,
    Optional<String> fingerprint,
    boolean verified,
    SessionWatch watch) {

  /** Of a session that is about to begin. */
  SessionUse(SpareShelf shelf, SessionKey key, Optional<String> fingerprint) {
    this(shelf, key, fingerprint, false, new SessionWatch());
  }

  /** The same of a spare session. */
  SessionUse of(SpareSession spare) {
    return new SessionUse(shelf, key, Optional.of(spare.fingerprint()), true, watch);
  }
}
