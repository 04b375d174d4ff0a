package dev.coppice.branches;

/** Turns a password into what is kept of it; may take milliseconds of CPU. */
@FunctionalInterface
public interface PasswordVerifier {
  String of(String password);
}
