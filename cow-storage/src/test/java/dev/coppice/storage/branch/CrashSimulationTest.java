package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.posix.SimulatedCrash;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the program or the machine at every disk operation of a scripted workload and at random
 * ones of random workloads. Replay one seed with -Dcoppice.simulation.seed=N; run the long form
 * with -Dcoppice.simulation.runs=N.
 */
class CrashSimulationTest {

  private static final Logger LOG = LoggerFactory.getLogger(CrashSimulationTest.class);
  private static final int SCRIPTED_STEPS = 120;
  private static final int STEPS_BETWEEN_STOPS = 500;
  private static final int STOPS = 4;
  private static final int DEFAULT_RUNS = 200;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void survivesAStopAtEveryOperation(boolean powerLost) {
    long operations = scripted(Long.MAX_VALUE).disk().operations();
    for (long at = 0; at < operations; at++) {
      Simulation simulation = scripted(at);
      simulation.recover(powerLost, 0);
      simulation.run(SCRIPTED_STEPS / 2);
      simulation.check();
    }
  }

  private static Simulation scripted(long stopAt) {
    Simulation simulation = new Simulation(7);
    simulation.disk().stopAt(stopAt);
    try {
      simulation.open();
      simulation.run(SCRIPTED_STEPS);
    } catch (SimulatedCrash e) {
      LOG.trace("as intended", e);
    }
    return simulation;
  }

  @Test
  void survivesRandomStopsOfRandomWorkloads() {
    long replayed = Long.getLong("coppice.simulation.seed", -1);
    int runs = Integer.getInteger("coppice.simulation.runs", DEFAULT_RUNS);
    long first = replayed < 0 ? 1 : replayed;
    long last = replayed < 0 ? runs : replayed;
    long steps = 0;
    for (long seed = first; seed <= last; seed++) {
      steps += stopAtRandom(new Simulation(seed));
    }
    LOG.info("{} seeds, {} operations", last - first + 1, steps);
  }

  @ParameterizedTest
  @ValueSource(longs = {122, 1263})
  void survivesWhatFoundAFaultOnce(long seed) {
    assertThat(stopAtRandom(Simulation.withoutClones(seed))).isPositive();
  }

  private static long stopAtRandom(Simulation simulation) {
    try {
      simulation.open();
      for (int stop = 0; stop < STOPS; stop++) {
        long from = simulation.disk().operations();
        simulation.disk().stopAt(from + simulation.random().nextInt(STEPS_BETWEEN_STOPS));
        boolean powerLost = simulation.random().nextBoolean();
        try {
          simulation.run(STEPS_BETWEEN_STOPS);
          simulation.close();
        } catch (SimulatedCrash e) {
          LOG.trace("as intended", e);
        }
        simulation.recover(powerLost, simulation.random().nextInt(3));
      }
      return simulation.steps();
    } catch (RuntimeException e) {
      throw new AssertionError(simulation.toString(), e);
    }
  }
}
