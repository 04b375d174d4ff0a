package dev.coppice.server.doctor;

/**
 * One thing that was looked at.
 *
 * @param detail what was found
 * @param remedy what to do about it; empty when there is nothing to do
 */
public record Finding(Outcome outcome, String what, String detail, String remedy) {

  /** How much it matters. */
  public enum Outcome {
    PASSED,
    /** Something works less well, or not yet. */
    WARNING,
    /** Coppice cannot work like this. */
    FAILED
  }

  static Finding passed(String what, String detail) {
    return new Finding(Outcome.PASSED, what, detail, "");
  }

  static Finding warning(String what, String detail, String remedy) {
    return new Finding(Outcome.WARNING, what, detail, remedy);
  }

  static Finding failed(String what, String detail, String remedy) {
    return new Finding(Outcome.FAILED, what, detail, remedy);
  }
}
