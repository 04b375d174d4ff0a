package dev.coppice.providers;

/**
 * A line of a preflight, and as what a pull would fail because of it.
 *
 * @param failure meaningless unless the item's outcome is a failure
 */
record Finding(SourceFailure failure, CheckItem item) {

  static Finding passed(String what, String detail) {
    return of(SourceFailure.PREFLIGHT_FAILED, CheckItem.Outcome.PASSED, what, detail, "");
  }

  static Finding warning(String what, String detail, String remedy) {
    return of(SourceFailure.PREFLIGHT_FAILED, CheckItem.Outcome.WARNING, what, detail, remedy);
  }

  static Finding failed(SourceFailure failure, String what, String detail, String remedy) {
    return of(failure, CheckItem.Outcome.FAILED, what, detail, remedy);
  }

  boolean isFailure() {
    return item.outcome() == CheckItem.Outcome.FAILED;
  }

  private static Finding of(
      SourceFailure failure, CheckItem.Outcome outcome, String what, String detail, String remedy) {
    return new Finding(failure, new CheckItem(outcome, what, detail, remedy));
  }
}
