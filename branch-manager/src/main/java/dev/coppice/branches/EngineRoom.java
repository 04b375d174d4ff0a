package dev.coppice.branches;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * How much may be awake.
 *
 * @param memoryBytes what the engines of branches may occupy together
 * @param turnTimeout how long a connection waits for room
 * @param wakeTimeout how long it then waits for the engine
 */
public record EngineRoom(long memoryBytes, Duration turnTimeout, Duration wakeTimeout) {

  public static final Duration USUAL_TURN = Duration.ofMinutes(5);
  public static final Duration USUAL_WAKE = Duration.ofSeconds(30);

  public EngineRoom {
    if (memoryBytes < 1) {
      throw new IllegalArgumentException("engines need memory");
    }
  }

  /** Half of the machine's memory, or of the container's. */
  public static long usualMemoryBytes() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getTotalMemorySize()
        / 2;
  }

  public static EngineRoom usual() {
    return new EngineRoom(usualMemoryBytes(), USUAL_TURN, USUAL_WAKE);
  }
}
