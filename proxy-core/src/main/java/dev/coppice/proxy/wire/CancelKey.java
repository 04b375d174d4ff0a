package dev.coppice.proxy.wire;

import java.nio.ByteBuffer;

/**
 * What a client must show to cancel a session's statement. Protocol 3.0 has 4 bytes of secret, 3.2
 * up to 256.
 *
 * @param secret read-only, compared by content
 */
public record CancelKey(int processId, ByteBuffer secret) {

  public static final int MAX_SECRET_BYTES = 256;

  /** What Postgres gives out: four bytes, or with protocol 3.2 thirty-two. */
  public static int secretBytes(int protocolMinor) {
    return protocolMinor >= 2 ? 32 : 4;
  }

  public CancelKey {
    if (secret.remaining() < 1 || secret.remaining() > MAX_SECRET_BYTES) {
      throw new IllegalArgumentException("secret of " + secret.remaining() + " bytes");
    }
    ByteBuffer copy = ByteBuffer.allocate(secret.remaining()).put(secret.duplicate()).flip();
    secret = copy.asReadOnlyBuffer();
  }

  @Override
  public String toString() {
    return "CancelKey[" + processId + "]";
  }
}
