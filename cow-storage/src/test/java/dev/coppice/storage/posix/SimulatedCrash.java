package dev.coppice.storage.posix;

/** The program or the machine stopped here. An error, so that nothing takes it for a failure. */
public final class SimulatedCrash extends Error {

  private static final long serialVersionUID = 1L;

  SimulatedCrash(String operation) {
    super("stopped at " + operation);
  }
}
