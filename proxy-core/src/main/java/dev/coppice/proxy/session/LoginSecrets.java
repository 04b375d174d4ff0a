package dev.coppice.proxy.session;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.scram.ScramSecret;
import java.security.SecureRandom;

/** Makes a login that will be refused look like any other until the password was given. */
final class LoginSecrets {

  private static final int SEED_BYTES = 32;

  private final byte[] seed = new byte[SEED_BYTES];

  LoginSecrets() {
    new SecureRandom().nextBytes(seed);
  }

  /** Whether a refusal must not be told to somebody who has not shown a password. */
  static boolean hides(Refusal refusal) {
    return refusal.sqlState().startsWith("28");
  }

  ScramSecret decoy(String branch, String role) {
    return ScramSecret.decoy(seed, branch + '\0' + role);
  }

  static Refusal wrongPassword(String role, String branch) {
    return new Refusal(
        "password_wrong",
        "28P01",
        "password authentication failed for role \"%s\" on branch \"%s\"".formatted(role, branch),
        "Each branch has a password of its own: `coppice url %s` prints the connection string."
            .formatted(branch));
  }
}
