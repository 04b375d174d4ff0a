package dev.coppice.storage.layer;

import org.jspecify.annotations.Nullable;

/**
 * How far a layer has come: written to, frozen, durable, sealed, and deleted in the end; and the
 * states that it leads from and to. Any thread may use it.
 */
public final class LayerLife {

  private volatile boolean frozen;
  private volatile boolean durable;
  private volatile boolean sealed;
  private volatile boolean deleted;
  private volatile long frozenEnd;
  private volatile long foundEnd;
  private volatile @Nullable FileTree start;
  private volatile @Nullable FileTree end;

  /** Whether nothing is written to it any more. */
  public boolean frozen() {
    return frozen;
  }

  /** Whether all of a frozen layer is on disk. */
  public boolean durable() {
    return durable;
  }

  /** Whether the manifest tells all of the layer. */
  public boolean sealed() {
    return sealed;
  }

  public boolean deleted() {
    return deleted;
  }

  /** Where the log of a frozen layer ended. */
  public long frozenEnd() {
    return frozenEnd;
  }

  /** Where the log ended when the layer was loaded, before any repair. */
  public long foundEnd() {
    return foundEnd;
  }

  /** The state that the layer started from. */
  public @Nullable FileTree start() {
    return start;
  }

  /** The state that a frozen layer has led to. */
  public @Nullable FileTree end() {
    return end;
  }

  public void startFrom(FileTree tree) {
    start = tree;
  }

  void freeze(FileTree tree, long logEnd) {
    frozenEnd = Math.max(frozenEnd, logEnd);
    end = tree;
    frozen = true;
  }

  /** Of a layer that was merged from others. */
  void replace(FileTree from, FileTree to, long logEnd) {
    start = from;
    end = to;
    frozenEnd = logEnd;
    frozen = true;
  }

  void found(long logEnd) {
    foundEnd = logEnd;
  }

  void madeDurable() {
    durable = true;
  }

  /** The manifest is there and tells all of the layer. */
  void seal(long logEnd) {
    frozenEnd = logEnd;
    foundEnd = logEnd;
    frozen = true;
    durable = true;
    sealed = true;
  }

  void delete() {
    deleted = true;
    start = null;
    end = null;
  }
}
