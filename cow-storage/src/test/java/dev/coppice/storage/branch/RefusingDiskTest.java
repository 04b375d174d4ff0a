package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.posix.Errno;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk that is full for a while, or fails for a moment, at any operation of random workloads. The
 * long form is -Dcoppice.simulation.runs=N, and -Dcoppice.simulation.seed=N replays one seed.
 */
class RefusingDiskTest {

  private static final Logger LOG = LoggerFactory.getLogger(RefusingDiskTest.class);
  private static final int ROUNDS = 4;
  private static final int STEPS = 250;
  private static final int MOST_OPERATIONS_FULL = 300;
  private static final int MOST_OPERATIONS_FAILED = 4;
  private static final int DEFAULT_RUNS = 100;

  private static final class Counts {
    private long steps;
    private long refusals;
  }

  /** Once there is room everything goes on, in the same program, without having lost anything. */
  @Test
  void aFullDiskLosesNothingAndHoldsNothingUpOnceThereIsRoom() {
    forEverySeed(Errno.ENOSPC);
  }

  /** What a failed disk has taken from a program is at most what it was not told is safe. */
  @Test
  void aFailedDiskLosesNothingThatWasSynced() {
    forEverySeed(Errno.EIO);
  }

  @ParameterizedTest
  @CsvSource({"14, 5", "1, 28", "32, 28", "317, 28"})
  void survivesWhatFoundAFaultOnce(long seed, int errno) {
    Simulation simulation = Simulation.withoutClones(seed);
    run(simulation, errno);
    assertThat(simulation.disk().refusals()).isPositive();
  }

  private static void forEverySeed(int errno) {
    long replayed = Long.getLong("coppice.simulation.seed", -1);
    long first = replayed < 0 ? 1 : replayed;
    long last = replayed < 0 ? Integer.getInteger("coppice.simulation.runs", DEFAULT_RUNS) : first;
    Counts counts = new Counts();
    for (long seed = first; seed <= last; seed++) {
      Simulation simulation = new Simulation(seed);
      try {
        run(simulation, errno);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(simulation + ", errno " + errno, e);
      }
      counts.steps += simulation.steps();
      counts.refusals += simulation.disk().refusals();
    }
    assertThat(counts.refusals).isPositive();
    LOG.info(
        "errno {}: {} seeds, {} operations, {} refusals",
        errno,
        last - first + 1,
        counts.steps,
        counts.refusals);
  }

  private static void run(Simulation simulation, int errno) {
    simulation.open();
    simulation.run(20);
    for (int round = 0; round < ROUNDS; round++) {
      boolean full = errno == Errno.ENOSPC;
      int most = full ? MOST_OPERATIONS_FULL : MOST_OPERATIONS_FAILED;
      long from = simulation.disk().operations() + simulation.random().nextInt(STEPS);
      long until = from + 1 + simulation.random().nextInt(most);
      simulation.disk().failBetween(from, until, errno);
      while (simulation.disk().operations() < until) {
        simulation.run(1);
      }
      simulation.run(STEPS / 2);
      if (full) {
        simulation.syncAll();
        simulation.check();
      }
      end(simulation, full);
    }
  }

  /** Without a restart a disk that was full has left nothing behind; the other way has. */
  private static void end(Simulation simulation, boolean full) {
    switch (simulation.random().nextInt(4)) {
      case 0 -> {
        if (!full) {
          simulation.recover(false, 0);
        }
      }
      case 1 -> {
        closeInOrder(simulation);
        simulation.recover(false, 0);
      }
      case 2 -> simulation.recover(false, simulation.random().nextInt(3));
      default -> simulation.recover(true, simulation.random().nextInt(3));
    }
  }

  private static void closeInOrder(Simulation simulation) {
    try {
      simulation.close();
    } catch (StorageException e) {
      assertThat(simulation.refused(-Errno.EIO)).as("%s: %s", simulation, e.getMessage()).isTrue();
    }
  }
}
