package dev.coppice.branches;

/**
 * The name of a source or of a branch: a slug, so that it fits a user name, a host name and a URL.
 * Sources and branches share one namespace, since {@code --from} takes either.
 */
public record BranchName(String value) implements Comparable<BranchName> {

  private static final int MAX_CHARS = 63;

  /** Throws {@link BranchException} with {@code NAME_INVALID}. */
  public BranchName {
    if (!isSlug(value)) {
      throw new BranchException(
          BranchFailure.NAME_INVALID,
          "\"%s\" cannot be the name of a branch or source".formatted(printable(value)),
          "Use 1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or"
              + " digit.");
    }
  }

  /** Every login asks. */
  private static boolean isSlug(String text) {
    if (text.isEmpty()
        || text.length() > MAX_CHARS
        || text.charAt(0) == '-'
        || text.charAt(text.length() - 1) == '-') {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static String printable(String value) {
    String shown = value.length() > 80 ? value.substring(0, 80) + "…" : value;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  @Override
  public int compareTo(BranchName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
