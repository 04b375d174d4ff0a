package dev.coppice.providers.profile;

/** Passwords that are made anew for each connection and soon expire. */
@FunctionalInterface
public interface Passwords {

  /** Throws {@link IllegalStateException}, whose message says what is missing to make one. */
  String next();
}
