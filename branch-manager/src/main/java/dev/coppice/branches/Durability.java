package dev.coppice.branches;

/** What a branch's commits survive. */
public enum Durability {
  /** A commit survives whatever Postgres's own would. */
  FULL,
  /**
   * A commit survives the kill of the engine and of the server, a suspension and a fork. After a
   * power failure the branch begins anew from its snapshot, if it was awake.
   */
  RELAXED
}
