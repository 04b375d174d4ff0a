package dev.coppice.proxy.scram;

import dev.coppice.proxy.wire.WireErrors;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One client's attempt to prove that it knows a password. Not thread-safe. */
public final class ScramExchange {

  private static final String PLAIN = "SCRAM-SHA-256";
  private static final String PLUS = "SCRAM-SHA-256-PLUS";
  private static final String BINDING = "p=tls-server-end-point";
  private static final int NONCE_BYTES = 18;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ScramSecret secret;
  private final Optional<byte[]> certificateHash;
  private final String serverNonce;
  private @Nullable String expectedBinding;
  private @Nullable String nonce;
  private String transcript = "";

  /**
   * @param certificateHash of the certificate shown to this client (tls-server-end-point, RFC
   *     5929); empty without TLS
   */
  public ScramExchange(ScramSecret secret, Optional<byte[]> certificateHash) {
    byte[] random = new byte[NONCE_BYTES];
    RANDOM.nextBytes(random);
    this.secret = secret;
    this.certificateHash = certificateHash;
    this.serverNonce = Base64.getEncoder().encodeToString(random);
  }

  /** The mechanisms to offer, the preferred first. */
  public List<String> mechanisms() {
    return certificateHash.isPresent() ? List.of(PLUS, PLAIN) : List.of(PLAIN);
  }

  /** Takes the client-first-message and returns the server-first-message. */
  public String challenge(String mechanism, byte[] clientFirst) {
    if (!mechanisms().contains(mechanism)) {
      throw WireErrors.violation("client selected an invalid SASL authentication mechanism");
    }
    String message = new String(clientFirst, StandardCharsets.UTF_8);
    int flagEnd = message.indexOf(',');
    int headerEnd = message.indexOf(',', flagEnd + 1);
    if (flagEnd < 0 || headerEnd < 0) {
      throw malformed("its header is incomplete");
    }
    if (headerEnd != flagEnd + 1) {
      throw malformed("an authorization identity is not supported");
    }
    expectedBinding = binding(mechanism, message.substring(0, flagEnd), headerEnd, message);
    String bare = message.substring(headerEnd + 1);
    nonce = clientNonce(bare) + serverNonce;
    String serverFirst = "r=" + nonce + ",s=" + secret.saltBase64() + ",i=" + secret.iterations();
    transcript = bare + "," + serverFirst;
    return serverFirst;
  }

  private String binding(String mechanism, String flag, int headerEnd, String message) {
    byte[] header = message.substring(0, headerEnd + 1).getBytes(StandardCharsets.UTF_8);
    if (mechanism.equals(PLUS)) {
      if (!flag.equals(BINDING)) {
        throw malformed("SCRAM-SHA-256-PLUS needs channel binding of type tls-server-end-point");
      }
      byte[] hash = certificateHash.orElseThrow();
      byte[] input = new byte[header.length + hash.length];
      System.arraycopy(header, 0, input, 0, header.length);
      System.arraycopy(hash, 0, input, header.length, hash.length);
      return Base64.getEncoder().encodeToString(input);
    }
    if (flag.equals("y") && certificateHash.isPresent()) {
      throw malformed(
          "the client supports channel binding but thinks that the server does not: somebody may be"
              + " tampering with the connection");
    }
    if (!flag.equals("n") && !flag.equals("y")) {
      throw malformed("its channel binding flag is not known");
    }
    return Base64.getEncoder().encodeToString(header);
  }

  private static String clientNonce(String bare) {
    if (!bare.startsWith("n=")) {
      throw malformed("it has no user name");
    }
    int userEnd = bare.indexOf(',');
    if (userEnd < 0 || !bare.startsWith("r=", userEnd + 1)) {
      throw malformed("it has no nonce");
    }
    int nonceEnd = bare.indexOf(',', userEnd + 1);
    String nonce = bare.substring(userEnd + 3, nonceEnd < 0 ? bare.length() : nonceEnd);
    if (!isPrintable(nonce)) {
      throw malformed("its nonce is not printable");
    }
    return nonce;
  }

  /** RFC 5802's printable, but for the comma, which ends it. */
  private static boolean isPrintable(String nonce) {
    for (int i = 0; i < nonce.length(); i++) {
      if (nonce.charAt(i) < 0x21 || nonce.charAt(i) > 0x7e) {
        return false;
      }
    }
    return !nonce.isEmpty();
  }

  /**
   * Takes the client-final-message; returns the server-final-message, or nothing if the password is
   * wrong.
   */
  public Optional<String> finish(byte[] clientFinal) {
    if (nonce == null || expectedBinding == null) {
      throw new IllegalStateException("the exchange has not begun");
    }
    String message = new String(clientFinal, StandardCharsets.UTF_8);
    int proofAt = message.lastIndexOf(",p=");
    if (proofAt < 0) {
      throw malformed("it has no proof");
    }
    String withoutProof = message.substring(0, proofAt);
    String[] attributes = withoutProof.split(",", -1);
    if (attributes.length < 2 || !attributes[0].equals("c=" + expectedBinding)) {
      throw malformed("its channel binding does not match");
    }
    if (!attributes[1].equals("r=" + nonce)) {
      throw malformed("its nonce does not match");
    }
    String authMessage = transcript + "," + withoutProof;
    return secret.accepts(decodeProof(message.substring(proofAt + 3)), authMessage)
        ? Optional.of("v=" + secret.signatureBase64(authMessage))
        : Optional.empty();
  }

  private static byte[] decodeProof(String proof) {
    try {
      return Base64.getDecoder().decode(proof);
    } catch (IllegalArgumentException _) {
      throw malformed("its proof is not base64");
    }
  }

  private static RuntimeException malformed(String why) {
    return WireErrors.violation("malformed SCRAM message: " + why);
  }
}
