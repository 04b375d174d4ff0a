package dev.coppice.proxy.scram;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;

/** What a server keeps of a password; the fields of Postgres's text form, decoded. */
public final class ScramSecret {

  /** Postgres's default. */
  private static final int ITERATIONS = 4096;

  private static final int SALT_BYTES = 16;
  private static final int KEY_BYTES = 32;
  private static final int MAX_TEXT_CHARS = 1024;
  private static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** What the text form begins with, before the iterations. */
  private static final String NAME = "SCRAM-SHA-256$";

  private static final int MAX_ITERATION_DIGITS = 9;

  private final int iterations;
  private final byte[] salt;
  private final byte[] storedKey;
  private final byte[] serverKey;

  private ScramSecret(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) {
    this.iterations = iterations;
    this.salt = salt;
    this.storedKey = storedKey;
    this.serverKey = serverKey;
  }

  public static ScramSecret derive(String password) {
    byte[] salt = new byte[SALT_BYTES];
    RANDOM.nextBytes(salt);
    byte[] salted =
        ScramFunctions.saltedPassword(
            MECHANISM,
            StringPreparation.POSTGRESQL_PREPARATION,
            password.toCharArray(),
            salt,
            ITERATIONS);
    byte[] storedKey =
        ScramFunctions.storedKey(MECHANISM, ScramFunctions.clientKey(MECHANISM, salted));
    return new ScramSecret(
        ITERATIONS, salt, storedKey, ScramFunctions.serverKey(MECHANISM, salted));
  }

  /**
   * Reads the text form, for every login. Throws IllegalArgumentException, without the text in its
   * message.
   */
  public static ScramSecret parse(String text) {
    int saltAt = text.indexOf(':') + 1;
    int storedAt = text.indexOf('$', saltAt) + 1;
    int serverAt = text.indexOf(':', storedAt) + 1;
    if (text.length() > MAX_TEXT_CHARS
        || !text.startsWith(NAME)
        || saltAt == 0
        || storedAt == 0
        || serverAt == 0) {
      throw notAVerifier();
    }
    int iterations = iterations(text, NAME.length(), saltAt - 1);
    byte[] salt = decoded(text, saltAt, storedAt - 1);
    byte[] storedKey = decoded(text, storedAt, serverAt - 1);
    byte[] serverKey = decoded(text, serverAt, text.length());
    if (storedKey.length != KEY_BYTES || serverKey.length != KEY_BYTES) {
      throw new IllegalArgumentException("a SCRAM-SHA-256 verifier with keys of the wrong length");
    }
    return new ScramSecret(iterations, salt, storedKey, serverKey);
  }

  private static int iterations(String text, int from, int to) {
    if (to <= from || to - from > MAX_ITERATION_DIGITS || text.charAt(from) == '0') {
      throw notAVerifier();
    }
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw notAVerifier();
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private static byte[] decoded(String text, int from, int to) {
    if (from == to) {
      throw notAVerifier();
    }
    try {
      return Base64.getDecoder().decode(text.substring(from, to));
    } catch (IllegalArgumentException _) {
      throw notAVerifier();
    }
  }

  private static IllegalArgumentException notAVerifier() {
    return new IllegalArgumentException("not a SCRAM-SHA-256 verifier");
  }

  /**
   * A secret that no password fits, for a login that will be refused: to its client it looks like
   * any other, also on the second attempt.
   *
   * @param seed the server's own secret
   */
  public static ScramSecret decoy(byte[] seed, String login) {
    byte[] digest = ScramFunctions.hmac(MECHANISM, seed, login.getBytes(StandardCharsets.UTF_8));
    byte[] salt = new byte[SALT_BYTES];
    System.arraycopy(digest, 0, salt, 0, SALT_BYTES);
    byte[] storedKey = new byte[KEY_BYTES];
    RANDOM.nextBytes(storedKey);
    return new ScramSecret(ITERATIONS, salt, storedKey, storedKey);
  }

  /** Postgres's text form, as in pg_authid. */
  public String encoded() {
    Base64.Encoder base64 = Base64.getEncoder();
    return "SCRAM-SHA-256$%d:%s$%s:%s"
        .formatted(
            iterations,
            base64.encodeToString(salt),
            base64.encodeToString(storedKey),
            base64.encodeToString(serverKey));
  }

  int iterations() {
    return iterations;
  }

  String saltBase64() {
    return Base64.getEncoder().encodeToString(salt);
  }

  boolean accepts(byte[] proof, String authMessage) {
    return proof.length == KEY_BYTES
        && ScramFunctions.verifyClientProof(MECHANISM, proof, storedKey, authMessage);
  }

  String signatureBase64(String authMessage) {
    return Base64.getEncoder()
        .encodeToString(ScramFunctions.serverSignature(MECHANISM, serverKey, authMessage));
  }
}
