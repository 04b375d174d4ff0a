package dev.coppice.branches;

import java.nio.file.Path;

/** Keeps a branch's engine awake for as long as it is open. */
public interface EngineLease extends AutoCloseable {

  /** The engine's unix socket file. */
  Path socket();

  /** Stands for the engine as it runs now: one that is started later is another. */
  Object engine();

  /** Never blocks; may be called more than once. */
  @Override
  void close();
}
