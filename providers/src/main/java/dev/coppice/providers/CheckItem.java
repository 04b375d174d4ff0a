package dev.coppice.providers;

/**
 * One line of a preflight.
 *
 * @param what the thing looked at
 * @param detail what was found
 * @param remedy what to do, SQL included; empty when there is nothing to do
 */
public record CheckItem(Outcome outcome, String what, String detail, String remedy) {

  /** A warning does not stop a pull; a failure does. */
  public enum Outcome {
    PASSED,
    WARNING,
    FAILED
  }
}
