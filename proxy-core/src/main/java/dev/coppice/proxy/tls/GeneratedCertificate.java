package dev.coppice.proxy.tls;

import dev.coppice.proxy.ProxyConfig.TlsFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;

/**
 * A certificate kept in a directory as {@code server.crt} and {@code server.key}, made when it is
 * missing, no longer fits its key, or is about to expire; and beside it the authority of our own
 * that has issued it.
 */
public final class GeneratedCertificate {

  static final Duration RENEWAL = Duration.ofDays(30);

  private GeneratedCertificate() {}

  /** What clients must trust, as PEM, for the certificate in that directory. */
  public static Path authority(Path directory) {
    return CertificateAuthority.files(directory).certificateChain();
  }

  /** Throws {@link UncheckedIOException} if the directory cannot be written. */
  public static TlsFiles in(Path directory, Optional<String> domain, Clock clock) {
    TlsFiles files = new TlsFiles(directory.resolve("server.crt"), directory.resolve("server.key"));
    if (usable(files, directory, domain, clock.instant())) {
      return files;
    }
    try {
      Files.createDirectories(directory);
      Instant now = clock.instant();
      CertificateAuthority.in(directory, now).certify(files, hostNames(domain), now);
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException("cannot keep a TLS certificate in %s: %s".formatted(directory, e), e));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("cannot make a TLS certificate", e);
    }
  }

  private static boolean usable(
      TlsFiles files, Path directory, Optional<String> domain, Instant now) {
    TlsFiles authority = CertificateAuthority.files(directory);
    if (!Files.isReadable(files.certificateChain())
        || !Files.isReadable(files.privateKey())
        || !Files.isReadable(authority.certificateChain())) {
      return false;
    }
    try {
      X509Certificate certificate = TlsIdentity.readChain(files.certificateChain()).getFirst();
      TlsIdentity.of(files);
      certificate.verify(
          TlsIdentity.readChain(authority.certificateChain()).getFirst().getPublicKey());
      return now.plus(RENEWAL).isBefore(certificate.getNotAfter().toInstant())
          && (domain.isEmpty() || names(certificate).contains("*." + domain.get()));
    } catch (IOException | GeneralSecurityException | UncheckedIOException _) {
      return false;
    }
  }

  private static List<Object> names(X509Certificate certificate) throws GeneralSecurityException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return names == null ? List.of() : names.stream().<Object>map(List::getLast).toList();
  }

  private static GeneralNames hostNames(Optional<String> domain) {
    List<GeneralName> names = new ArrayList<>();
    names.add(new GeneralName(GeneralName.dNSName, "localhost"));
    names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
    names.add(new GeneralName(GeneralName.iPAddress, "::1"));
    try {
      String host = InetAddress.getLocalHost().getHostName();
      if (host.matches("[A-Za-z0-9.-]+") && !host.equals("localhost")) {
        names.add(new GeneralName(GeneralName.dNSName, host));
      }
    } catch (UnknownHostException _) {
      // A machine without a name is reached by its address.
    }
    domain.ifPresent(below -> {
      names.add(new GeneralName(GeneralName.dNSName, below));
      names.add(new GeneralName(GeneralName.dNSName, "*." + below));
    });
    return new GeneralNames(names.toArray(GeneralName[]::new));
  }
}
