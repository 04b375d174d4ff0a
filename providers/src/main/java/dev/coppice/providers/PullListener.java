package dev.coppice.providers;

/** Told of a pull's progress, from any of its threads; must be quick. */
@FunctionalInterface
public interface PullListener {
  void on(PullEvent event);
}
