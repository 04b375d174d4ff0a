package dev.coppice.benchmarks;

/** A way to the database. */
enum Way {
  COPPICE("Coppice"),
  /** With somebody who sees what passes. */
  TAPPED("Coppice with a statement tap"),
  PGBOUNCER("PgBouncer in session mode"),
  PGBOUNCER_TRANSACTION("PgBouncer in transaction mode"),
  DIRECT("directly over TCP"),
  SOCKET("directly over the unix socket");

  private final String text;

  Way(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }
}
