package dev.coppice.providers;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Keeps a base in step with its source. Each change is committed together with its position on the
 * source, so an end at any moment loses and repeats nothing. Safe for use by many threads.
 */
public interface Follower extends AutoCloseable {

  /**
   * Follows until {@link #close}, on the calling thread. Throws {@link SourceException} when the
   * source or the engine fails; another follower then goes on from where this one ended. {@code
   * SLOT_LOST} and {@code DRIFTED} say that the base has to be pulled anew.
   */
  void run();

  FollowPosition position();

  /** Whether the base had everything within that time that the source had when this was called. */
  boolean catchUp(Duration patience);

  /**
   * Runs that while nothing is being applied: the base is between two of the source's transactions
   * and its sequences are as far as the source's.
   */
  <T> T hold(Function<FollowPosition, T> work);

  /**
   * Brings what the stream says nothing of to where the source has it now: unlogged tables, large
   * objects, and materialized views. Changes go on being applied meanwhile.
   *
   * @param limits whose rate holds for it too
   */
  void refreshUnstreamed(PullLimits limits);

  /**
   * What is defined on the source now, over a session of its own. The source may take half a minute
   * for that, and nothing waits for it.
   */
  SchemaFingerprint fingerprint();

  /** With the tables that were copied anew since this was last called as they are defined now. */
  SchemaFingerprint withCopied(SchemaFingerprint known);

  /**
   * Gives the base those of them that are parts of tables and that no row depends on: indexes,
   * constraints, defaults, triggers, policies. What is applied waits until that is done. Tables
   * whose rows are others are copied anew afterwards.
   */
  Redefined redefine(List<DefinitionChange> changes);

  /**
   * The tables that are being copied anew just now, or what of them is made, since they are others
   * on the source; the base stays where it is until that is done.
   */
  Optional<String> copying();

  /** Ends {@link #run}; what is not yet committed comes again. */
  @Override
  void close();
}
