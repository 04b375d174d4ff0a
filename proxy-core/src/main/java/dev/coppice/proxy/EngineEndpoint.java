package dev.coppice.proxy;

import java.nio.file.Path;
import java.util.concurrent.CompletionStage;

/** The way to a running engine, held for as long as a session lasts. */
public interface EngineEndpoint extends AutoCloseable {

  /** The engine's unix socket file ({@code …/.s.PGSQL.5432}). */
  Path socket();

  /** Stands for the engine as it runs now: after a restart or a reset it is another one. */
  Object engine();

  /**
   * Completes when the engine is about to be stopped, before the engine knows, with what its
   * clients are to be told (SQLSTATE 57P01).
   */
  CompletionStage<Refusal> ending();

  /** Tells that the session has ended. Never blocks; may be called more than once. */
  @Override
  void close();
}
