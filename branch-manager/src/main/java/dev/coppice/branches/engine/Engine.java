package dev.coppice.branches.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running Postgres. Safe for use by many threads. */
public final class Engine {

  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
  private static final Duration IMMEDIATE_TIMEOUT = Duration.ofSeconds(10);

  private final String name;
  private final Process process;
  private final Path socket;
  private final EngineLog log;

  Engine(String name, Process process, Path socket, EngineLog log) {
    this.name = name;
    this.process = process;
    this.socket = socket;
    this.log = log;
  }

  public Path socket() {
    return socket;
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Completes when the process has ended, for whatever reason. */
  public CompletableFuture<Engine> ended() {
    return process.onExit().thenApply(ended -> this);
  }

  public String lastLogLines() {
    return log.tail();
  }

  /** Whether its last lines, or the disk that they are on, tell of want of space. */
  public boolean lacksSpace() {
    return FullDisk.explains(log.tail(), log.file());
  }

  /** Ends sessions (57P01), writes a checkpoint and exits: its files start without recovery. */
  public void stopFast(Duration timeout) {
    if (!ends(Signal.INT, timeout)) {
      LOG.warn(
          "Engine {} did not shut down within {} s; stopping it hard", name, timeout.toSeconds());
      stopNow();
    }
  }

  /** Exits at once; its files need recovery, so this is for those that will be deleted. */
  public void stopNow() {
    if (!ends(Signal.QUIT, IMMEDIATE_TIMEOUT) && !ends(Signal.KILL, IMMEDIATE_TIMEOUT)) {
      LOG.error("Engine {} (process {}) cannot be stopped", name, process.pid());
    }
  }

  private boolean ends(Signal signal, Duration timeout) {
    if (process.isAlive()) {
      signal.send(process.pid());
    }
    boolean interrupted = false;
    try {
      long deadline = System.nanoTime() + timeout.toNanos();
      while (true) {
        try {
          return process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          // An engine that was told to stop is awaited all the same.
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public String toString() {
    return "engine " + name + " (process " + process.pid() + ")";
  }
}
