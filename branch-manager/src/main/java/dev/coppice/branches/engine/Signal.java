package dev.coppice.branches.engine;

/** The signals that a postmaster understands (server-shutdown in Postgres's manual). */
enum Signal {
  /** Fast shutdown: sessions end, a checkpoint is written. */
  INT(2),
  /** Immediate shutdown: as if it had crashed. */
  QUIT(3),
  KILL(9);

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  /** Returns whether there was such a process. */
  boolean send(long pid) {
    return NativeProcess.kill(pid, number);
  }
}
