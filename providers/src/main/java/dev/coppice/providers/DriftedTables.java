package dev.coppice.providers;

import java.sql.Connection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which tables of a base are to be copied anew, as far as this program knows. */
final class DriftedTables {

  private final FollowPlan plan;

  // Guarded by this.
  private final Map<TableName, TableDrift> drifts = new LinkedHashMap<>();
  private final Set<TableName> copied = new HashSet<>();
  private @Nullable TableRefill refill;

  DriftedTables(FollowPlan plan) {
    this.plan = plan;
  }

  /** Throws what it means if such a table cannot be copied by itself. */
  synchronized void add(TableDrift drift) {
    TableRefill former = refill;
    refill = null;
    if (former != null && former.isDone()) {
      copied.addAll(former.tables());
      drifts.clear();
    }
    // Where definitions are recorded there is no drift that could be explained.
    if (plan.recorder().isPresent() || drifts.put(drift.table(), drift) != null) {
      throw drift.failure();
    }
  }

  synchronized Optional<TableRefill> refill(
      SourceSessions source, Connection base, RateLimit rate) {
    if (drifts.isEmpty()) {
      return Optional.empty();
    }
    TableRefill next = new TableRefill(source, base, plan, drifts.values(), copied, rate);
    refill = next;
    return Optional.of(next);
  }

  synchronized Optional<String> copying() {
    TableRefill current = refill;
    return current == null || current.isDone() ? Optional.empty() : Optional.of(current.readable());
  }
}
