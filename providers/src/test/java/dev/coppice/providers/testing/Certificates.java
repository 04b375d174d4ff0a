package dev.coppice.providers.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority of our own, made with the JDK's {@code keytool}, that certifies one server. */
public final class Certificates {

  private static final String SECRET = "changeit";

  private final Path directory;

  private Certificates(Path directory) {
    this.directory = directory;
  }

  /**
   * @param directory an empty one, deleted by the caller
   * @param name the server's, as {@code dns:…} or {@code ip:…}
   */
  public static Certificates create(Path directory, String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    Certificates made = new Certificates(directory);
    made.keytool("-genkeypair", "-alias", "ca", "-dname", "CN=Test authority", "-ext", "bc:c");
    made.keytool("-genkeypair", "-alias", "server", "-dname", "CN=server");
    Path request = directory.resolve("request");
    made.keytool("-certreq", "-alias", "server", "-file", request.toString());
    made.keytool(
        "-gencert",
        "-rfc",
        "-alias",
        "ca",
        "-infile",
        request.toString(),
        "-ext",
        "san=" + name,
        "-outfile",
        made.certificate().toString());
    made.keytool("-exportcert", "-rfc", "-alias", "ca", "-file", made.authority().toString());
    KeyStore store = KeyStore.getInstance(made.store().toFile(), SECRET.toCharArray());
    byte[] key = store.getKey("server", SECRET.toCharArray()).getEncoded();
    Files.writeString(
        made.key(),
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(key)
            + "\n-----END PRIVATE KEY-----\n");
    Files.setPosixFilePermissions(made.key(), PosixFilePermissions.fromString("rw-------"));
    return made;
  }

  public Path authority() {
    return directory.resolve("ca.crt");
  }

  public Path certificate() {
    return directory.resolve("server.crt");
  }

  public Path key() {
    return directory.resolve("server.key");
  }

  private Path store() {
    return directory.resolve("store");
  }

  private void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", store().toString(), "-storepass", SECRET));
    if (arguments[0].equals("-genkeypair")) {
      command.addAll(List.of("-keyalg", "RSA", "-validity", "30"));
    }
    Path output = directory.resolve("keytool.log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (process.waitFor() != 0) {
      throw new IOException(arguments[0] + " failed: " + Files.readString(output));
    }
  }
}
