package dev.coppice.providers;

import java.util.List;

/** What happens during a pull, in order. Events of different tables interleave. */
public sealed interface PullEvent {

  /** The steps of a pull. */
  enum Phase {
    PREFLIGHT,
    ROLES,
    SCHEMA,
    COPY,
    SEQUENCES,
    LARGE_OBJECTS,
    INDEXES,
    ANALYZE,
    VERIFY
  }

  record PhaseStarted(Phase phase) implements PullEvent {}

  /** The source's own estimates, before the first row is copied. */
  record TablesPlanned(List<TablePlan> tables) implements PullEvent {
    public TablesPlanned {
      tables = List.copyOf(tables);
    }
  }

  /**
   * @param bytesEstimate the table's size on the source, in bytes
   */
  record TablePlan(String table, long rowsEstimate, long bytesEstimate) {}

  /** Totals so far; sent a few times per second and table at most. */
  record TableProgress(String table, long rows, long bytes) implements PullEvent {}

  record TableFinished(String table, long rows, long bytes) implements PullEvent {}
}
