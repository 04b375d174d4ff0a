package dev.coppice.branches.catalogue;

/** A branch's password and its SCRAM verifier. */
public record Credentials(String password, String verifier) {

  @Override
  public String toString() {
    return "Credentials[…]";
  }
}
