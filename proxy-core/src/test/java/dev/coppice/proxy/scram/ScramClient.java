package dev.coppice.proxy.scram;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The client's side of SCRAM-SHA-256, free to break the rules. */
public final class ScramClient {

  private static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;

  private final String header;
  private final byte[] binding;
  private final String bare = "n=*,r=fyko+d2lbbFgONRv9qkxdawL";
  private String serverSignature = "";

  /**
   * @param header the gs2-header, "n,," for example
   * @param binding channel binding data
   */
  public ScramClient(String header, byte[] binding) {
    this.header = header;
    this.binding = binding.clone();
  }

  public byte[] first() {
    return (header + bare).getBytes(StandardCharsets.US_ASCII);
  }

  public byte[] last(String password, String serverFirst) {
    String[] parts = serverFirst.split(",", 3);
    byte[] salted =
        ScramFunctions.saltedPassword(
            MECHANISM,
            StringPreparation.POSTGRESQL_PREPARATION,
            password.toCharArray(),
            Base64.getDecoder().decode(parts[1].substring(2)),
            Integer.parseInt(parts[2].substring(2)));
    byte[] prefix = header.getBytes(StandardCharsets.US_ASCII);
    byte[] channel = new byte[prefix.length + binding.length];
    System.arraycopy(prefix, 0, channel, 0, prefix.length);
    System.arraycopy(binding, 0, channel, prefix.length, binding.length);
    String withoutProof = "c=" + Base64.getEncoder().encodeToString(channel) + "," + parts[0];
    String authMessage = bare + "," + serverFirst + "," + withoutProof;
    byte[] clientKey = ScramFunctions.clientKey(MECHANISM, salted);
    byte[] proof =
        ScramFunctions.clientProof(
            clientKey,
            ScramFunctions.clientSignature(
                MECHANISM, ScramFunctions.storedKey(MECHANISM, clientKey), authMessage));
    serverSignature =
        "v="
            + Base64.getEncoder()
                .encodeToString(
                    ScramFunctions.serverSignature(
                        MECHANISM, ScramFunctions.serverKey(MECHANISM, salted), authMessage));
    return (withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** What a server that knows the password answers. */
  public String expectedFinal() {
    return serverSignature;
  }
}
