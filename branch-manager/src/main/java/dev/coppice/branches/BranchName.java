package dev.coppice.branches;

import java.util.regex.Pattern;

/**
 * The name of a source or of a branch: a slug, so that it fits a user name, a host name and a URL.
 * Sources and branches share one namespace, since {@code --from} takes either.
 */
public record BranchName(String value) implements Comparable<BranchName> {

  private static final Pattern SLUG = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  /** Throws {@link BranchException} with {@code NAME_INVALID}. */
  public BranchName {
    if (!SLUG.matcher(value).matches()) {
      throw new BranchException(
          BranchFailure.NAME_INVALID,
          "\"%s\" cannot be the name of a branch or source".formatted(printable(value)),
          "Use 1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or"
              + " digit.");
    }
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
