package dev.coppice.branches.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts the passwords in the catalogue (AES-256-GCM: a nonce of 12 bytes, then ciphertext and
 * tag), with a key that only this program's user can read.
 */
public final class Vault {

  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final String CIPHER = "AES/GCM/NoPadding";

  private final SecretKey key;
  private final SecureRandom random;

  private Vault(SecretKey key, SecureRandom random) {
    this.key = key;
    this.random = random;
  }

  /** Reads the key, or makes one if there is none. */
  public static Vault open(Path keyFile, SecureRandom random) {
    try {
      if (!Files.exists(keyFile)) {
        byte[] fresh = new byte[KEY_BYTES];
        random.nextBytes(fresh);
        DurableFile.write(keyFile, fresh);
      }
      byte[] bytes = Files.readAllBytes(keyFile);
      if (bytes.length != KEY_BYTES) {
        throw new IOException("it has %d bytes, not %d".formatted(bytes.length, KEY_BYTES));
      }
      return new Vault(new SecretKeySpec(bytes, "AES"), random);
    } catch (IOException e) {
      throw new BranchException(
          BranchFailure.CATALOGUE_FAILED,
          "The key file %s cannot be used: %s".formatted(keyFile, e.getMessage()),
          "Restore it from a backup; without it the passwords in the catalogue cannot be read.",
          e);
    }
  }

  byte[] seal(String secret) {
    try {
      byte[] nonce = new byte[NONCE_BYTES];
      random.nextBytes(nonce);
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      byte[] sealed = cipher.doFinal(secret.getBytes(UTF_8));
      return ByteBuffer.allocate(NONCE_BYTES + sealed.length).put(nonce).put(sealed).array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  String unseal(byte[] sealed) {
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES));
      return new String(cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES), UTF_8);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new BranchException(
          BranchFailure.CATALOGUE_FAILED,
          "A password in the catalogue cannot be decrypted",
          "The key file is not the one that it was encrypted with; restore the right one.",
          e);
    }
  }
}
