package dev.coppice.proxy;

import java.time.Duration;

/**
 * What clients may do before they are logged in.
 *
 * @param bytes what one may send until then
 * @param failures wrong passwords in a row, from one address for one branch, after which it is
 *     refused for a while
 * @param pause how long
 */
public record LoginLimits(int bytes, int failures, Duration pause) {

  public static final LoginLimits USUAL = new LoginLimits(64 << 10, 20, Duration.ofMinutes(1));

  public LoginLimits {
    if (bytes < 1 || failures < 1 || pause.isNegative()) {
      throw new IllegalArgumentException("limits that let nobody in");
    }
  }
}
