package dev.coppice.server.client;

import dev.coppice.server.config.DataDirectory;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which server to speak to, and with which token.
 *
 * @param url without a slash at its end
 * @param remote whether the user named it, rather than the data directory
 */
public record ServerAddress(String url, String token, boolean remote) {
  private static final Pattern HTTP_URL = Pattern.compile("https?://[^/\\s]+(/[^\\s?#]*)?");
  private static final String STANDARD = "http://127.0.0.1:7480";

  /**
   * @param named what the user said with {@code --server}; else {@code COPPICE_URL} counts, else
   *     the server that runs on the data directory
   */
  public static ServerAddress find(
      Optional<String> named, Path dataDirectory, Map<String, String> environment) {
    Optional<String> url =
        named
            .or(() -> Optional.ofNullable(environment.get("COPPICE_URL")))
            .filter(text -> !text.isBlank())
            .map(text -> text.strip().replaceAll("/+$", ""));
    url.filter(text -> !HTTP_URL.matcher(text).matches())
        .ifPresent(text -> {
          throw new ServerException(
              ServerFailure.CONFIG_INVALID,
              "\"%s\" is not the address of a server".formatted(text),
              "Write it as http://host:7480.");
        });
    String address = url.or(() -> content(DataDirectory.address(dataDirectory))).orElse(STANDARD);
    return new ServerAddress(address, token(dataDirectory, environment, address), url.isPresent());
  }

  private static String token(Path dataDirectory, Map<String, String> environment, String address) {
    Path file = DataDirectory.token(dataDirectory);
    return Optional.ofNullable(environment.get("COPPICE_TOKEN"))
        .filter(text -> !text.isBlank())
        .or(() -> content(file))
        .orElseThrow(() ->
            new ServerException(
                ServerFailure.SERVER_NOT_RUNNING,
                "no Coppice server has run on the data directory %s, so there is no access"
                        .formatted(dataDirectory)
                    + " token for "
                    + address,
                "Start one with \"coppice serve\"; for a server elsewhere set COPPICE_URL and"
                    + " COPPICE_TOKEN."));
  }

  private static Optional<String> content(Path file) {
    try {
      return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new ServerException(
          ServerFailure.TOKEN_MISSING,
          "cannot read %s: %s".formatted(file, e),
          "Run this as the user who runs the server, or set COPPICE_TOKEN.",
          e);
    }
  }
}
