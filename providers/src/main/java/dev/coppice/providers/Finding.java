package dev.coppice.providers;

/**
 * A line of a preflight, and as what a pull would fail because of it.
 *
 * @param failure meaningless unless the item's outcome is a failure
 * @param followable false if the source can be pulled but not followed because of it
 */
record Finding(SourceFailure failure, CheckItem item, boolean followable) {

  static Finding passed(String what, String detail) {
    return of(SourceFailure.PREFLIGHT_FAILED, CheckItem.Outcome.PASSED, what, detail, "");
  }

  static Finding warning(String what, String detail, String remedy) {
    return of(SourceFailure.PREFLIGHT_FAILED, CheckItem.Outcome.WARNING, what, detail, remedy);
  }

  static Finding failed(SourceFailure failure, String what, String detail, String remedy) {
    return of(failure, CheckItem.Outcome.FAILED, what, detail, remedy);
  }

  /** What stands in the way of following, and of nothing else. */
  static Finding obstacle(String what, String detail, String remedy) {
    CheckItem item = new CheckItem(CheckItem.Outcome.WARNING, what, detail, remedy);
    return new Finding(SourceFailure.PREFLIGHT_FAILED, item, false);
  }

  boolean isFailure() {
    return item.outcome() == CheckItem.Outcome.FAILED;
  }

  private static Finding of(
      SourceFailure failure, CheckItem.Outcome outcome, String what, String detail, String remedy) {
    return new Finding(failure, new CheckItem(outcome, what, detail, remedy), true);
  }
}
