package dev.coppice.storage.branch;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The branches of this mount by their slots. A slot is never used twice, nor is slot 0. */
public final class Slots {

  private static final int MAX_SLOTS = 1 << 23;

  private volatile @Nullable Branch[] branches = new Branch[64];
  private int next = 1;

  public @Nullable Branch get(int slot) {
    @Nullable Branch[] now = branches;
    return slot < now.length ? now[slot] : null;
  }

  synchronized int reserve() {
    if (next == MAX_SLOTS) {
      throw new IllegalStateException("this mount has had " + MAX_SLOTS + " branches");
    }
    return next++;
  }

  synchronized void put(Branch branch) {
    @Nullable Branch[] now = branches;
    int length = Math.max(now.length, Integer.highestOneBit(branch.slot()) * 2);
    @Nullable Branch[] copy = Arrays.copyOf(now, length);
    copy[branch.slot()] = branch;
    branches = copy;
  }

  synchronized void remove(Branch branch) {
    @Nullable Branch[] copy = branches.clone();
    copy[branch.slot()] = null;
    branches = copy;
  }
}
