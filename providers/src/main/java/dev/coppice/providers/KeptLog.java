package dev.coppice.providers;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a source keeps of its log for a slot.
 *
 * @param status as in {@code pg_replication_slots.wal_status}
 * @param leftBytes how much more it may write before it gives up what the slot needs, negative if
 *     the next checkpoint does that; empty where nothing bounds it
 * @param mostBytes its {@code max_slot_wal_keep_size}, likewise
 */
public record KeptLog(String status, OptionalLong leftBytes, OptionalLong mostBytes) {

  private static final int SCARCE_FRACTION = 4;
  private static final long MEGABYTE = 1 << 20;

  /** Nothing brings back what was given up. */
  boolean lost() {
    return status.equals("lost");
  }

  private boolean scarce() {
    return status.equals("unreserved")
        || (leftBytes.isPresent()
            && mostBytes.isPresent()
            && leftBytes.getAsLong() < mostBytes.getAsLong() / SCARCE_FRACTION);
  }

  /** What is about to happen, and what prevents it. */
  public Optional<String> warning() {
    if (lost() || !scarce()) {
      return Optional.empty();
    }
    String when =
        leftBytes.isPresent() && leftBytes.getAsLong() > 0
            ? "after %d MB more of its log".formatted(leftBytes.getAsLong() / MEGABYTE)
            : "at its next checkpoint";
    return Optional.of(
        ("the source gives up the slot %s, and all of it is pulled anew then. Raise"
                + " max_slot_wal_keep_size there (ALTER SYSTEM SET max_slot_wal_keep_size = '%d MB';"
                + " SELECT pg_reload_conf(); or the host's setting of that name), and look for a"
                + " transaction that has been open for long")
            .formatted(when, 2 * mostBytes.orElse(0) / MEGABYTE));
  }
}
