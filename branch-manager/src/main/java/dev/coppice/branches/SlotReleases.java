package dev.coppice.branches;

import dev.coppice.branches.catalogue.UnneededSlot;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.profile.Providers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Drops what following needed on a source, again and again until the source lets it. */
final class SlotReleases {

  private static final Logger LOG = LoggerFactory.getLogger(SlotReleases.class);
  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final Ground ground;

  /** Of pulls that are going on: the catalogue does not know yet whether they are needed. */
  private final Set<String> undecided = ConcurrentHashMap.newKeySet();

  // Guarded by this.
  private final Map<String, Instant> tried = new HashMap<>();

  /** False if the catalogue is known to name none. */
  private volatile boolean pending = true;

  SlotReleases(Ground ground) {
    this.ground = ground;
  }

  /** Before it is made, so that it cannot be forgotten. */
  void expect(UnneededSlot slot) {
    undecided.add(slot.slot());
    ground.catalogue().insert(slot);
    pending = true;
  }

  /** From now on the catalogue says whether it is needed. */
  void decided(String slot) {
    undecided.remove(slot);
  }

  /** The catalogue may name more than before. */
  void added() {
    pending = true;
  }

  /** Tries those whose turn it is. */
  synchronized void run() {
    if (!pending) {
      return;
    }
    pending = false;
    Instant now = ground.clock().instant();
    List<UnneededSlot> slots = ground.catalogue().unneededSlots();
    if (!slots.isEmpty()) {
      pending = true;
    }
    for (UnneededSlot slot : slots) {
      Instant before = tried.get(slot.slot());
      boolean due = before == null || before.plus(PAUSE).isBefore(now);
      if (due && !undecided.contains(slot.slot())) {
        tried.put(slot.slot(), now);
        release(slot);
      }
    }
  }

  private void release(UnneededSlot slot) {
    try {
      Source.at(slot.address(), Providers.named(slot.provider())).release(slot.slot());
      ground.catalogue().delete(slot);
      tried.remove(slot.slot());
      LOG.info("Slot {} is gone from {}", slot.slot(), slot.address());
    } catch (SourceException e) {
      LOG.warn(
          "Slot {} could not be dropped on {} and keeps its log there; it is tried again: {}",
          slot.slot(),
          slot.address(),
          e.getMessage());
    }
  }
}
