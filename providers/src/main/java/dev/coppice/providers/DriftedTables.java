package dev.coppice.providers;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which tables of a base are to be copied anew, as far as this program knows. */
final class DriftedTables {

  private final FollowPlan plan;

  // Guarded by this.
  private final Map<TableName, TableDrift> drifts = new LinkedHashMap<>();
  private final Map<TableName, TableDrift> asked = new LinkedHashMap<>();
  private final Set<TableName> copied = new HashSet<>();
  private final List<TableRefill> unheard = new ArrayList<>();
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
    Map<TableName, TableDrift> more = new LinkedHashMap<>(asked);
    asked.clear();
    // Those are copied for what was altered since, however short a while ago they were.
    copied.removeAll(more.keySet());
    // Where definitions are recorded there is no drift that could be explained.
    if (plan.recorder().isPresent() || drifts.put(drift.table(), drift) != null) {
      throw drift.failure();
    }
    more.forEach(drifts::putIfAbsent);
  }

  /** They are to be copied anew when what is being applied is committed. */
  synchronized void ask(Collection<TableDrift> drifts) {
    drifts.forEach(drift -> asked.put(drift.table(), drift));
  }

  /** Throws one of those that are to be copied anew, to be added. */
  synchronized void requireNoneAsked() {
    for (TableDrift drift : asked.values()) {
      throw drift;
    }
  }

  synchronized Optional<TableRefill> refill(
      SourceSessions source, Connection base, RateLimit rate) {
    if (drifts.isEmpty()) {
      return Optional.empty();
    }
    TableRefill next = new TableRefill(source, base, plan, drifts.values(), copied, rate);
    refill = next;
    unheard.add(next);
    return Optional.of(next);
  }

  /**
   * With the tables as they are defined in the base, since they were copied. Of each copy it tells
   * once.
   */
  synchronized SchemaFingerprint takeCopied(SchemaFingerprint known) {
    List<TableRefill> finished = unheard.stream().filter(TableRefill::isDone).toList();
    SchemaFingerprint now = known;
    for (TableRefill former : finished) {
      now = former.on(now);
    }
    unheard.removeAll(finished);
    unheard.removeIf(former -> former != refill);
    return now;
  }

  synchronized Optional<String> copying() {
    TableRefill current = refill;
    return current == null || current.isDone() ? Optional.empty() : Optional.of(current.readable());
  }
}
