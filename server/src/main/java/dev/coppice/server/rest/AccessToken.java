package dev.coppice.server.rest;

import dev.coppice.server.config.DataDirectory;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** The secret that every caller of {@code /v1} must show. */
public final class AccessToken {
  private static final int BYTES = 32;
  private static final int SHORTEST = 16;

  private final byte[] secret;

  private AccessToken(String secret) {
    this.secret = secret.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The server's token: {@code COPPICE_TOKEN} if it is set, else what the data directory holds,
   * else a random one that is written there.
   */
  public static AccessToken forServer(Path dataDirectory, Map<String, String> environment) {
    try {
      Optional<String> given = given(environment);
      Path file = DataDirectory.token(dataDirectory);
      if (given.isEmpty() && !Files.exists(file)) {
        create(file);
      }
      String secret = given.isPresent() ? given.get() : Files.readString(file).strip();
      if (secret.length() < SHORTEST) {
        throw new ServerException(
            ServerFailure.CONFIG_INVALID,
            "the access token is shorter than %d characters".formatted(SHORTEST),
            given.isPresent()
                ? "Set COPPICE_TOKEN to a longer one, or unset it."
                : "Delete %s; the server then makes a new one.".formatted(file));
      }
      return new AccessToken(secret);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> given(Map<String, String> environment) {
    return Optional.ofNullable(environment.get("COPPICE_TOKEN")).filter(text -> !text.isBlank());
  }

  private static void create(Path file) throws IOException {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      return;
    }
    Files.writeString(file, Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n");
  }

  /** Takes the same time whether the guess is near or far. */
  boolean matches(String guess) {
    return MessageDigest.isEqual(secret, guess.getBytes(StandardCharsets.UTF_8));
  }
}
