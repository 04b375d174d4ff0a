package dev.coppice.proxy;

/**
 * How many clients may be connected, and what they may do.
 *
 * @param connections in all
 * @param perBranch to one branch
 * @param perAddress from one address
 */
public record ProxyLimits(
    int connections, int perBranch, int perAddress, LoginLimits logins, IdleLimits idle) {

  /** So many that other things end first. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  public static final ProxyLimits USUAL = new ProxyLimits(5_000, UNLIMITED, UNLIMITED);

  /** With the usual limits for each client. */
  public ProxyLimits(int connections, int perBranch, int perAddress) {
    this(connections, perBranch, perAddress, LoginLimits.USUAL, IdleLimits.NONE);
  }

  public ProxyLimits {
    if (connections < 1 || perBranch < 1 || perAddress < 1) {
      throw new IllegalArgumentException("a limit below one lets nobody in");
    }
  }
}
