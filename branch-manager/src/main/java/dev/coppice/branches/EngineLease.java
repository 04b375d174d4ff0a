package dev.coppice.branches;

import java.nio.file.Path;
import java.util.concurrent.CompletionStage;

/** Keeps a branch's engine awake for as long as it is open. */
public interface EngineLease extends AutoCloseable {

  /** The engine's unix socket file. */
  Path socket();

  /** Stands for the engine as it runs now: one that is started later is another. */
  Object engine();

  /**
   * Completes just before the engine is told to end, on the thread that will tell it; not at all if
   * it ends by itself. What depends on it must return at once.
   */
  CompletionStage<EngineEnd> ending();

  /** Never blocks; may be called more than once. */
  @Override
  void close();
}
