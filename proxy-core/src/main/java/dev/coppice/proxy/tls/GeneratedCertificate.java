package dev.coppice.proxy.tls;

import dev.coppice.proxy.ProxyConfig.TlsFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A self-signed certificate kept in a directory as {@code server.crt} and {@code server.key}, made
 * when it is missing, no longer fits its key, or is about to expire.
 */
public final class GeneratedCertificate {

  private static final Duration VALIDITY = Duration.ofDays(3650);
  private static final Duration RENEWAL = Duration.ofDays(30);
  private static final Duration CLOCK_SKEW = Duration.ofDays(1);

  private GeneratedCertificate() {}

  /** Throws {@link UncheckedIOException} if the directory cannot be written. */
  public static TlsFiles in(Path directory, Optional<String> domain, Clock clock) {
    TlsFiles files = new TlsFiles(directory.resolve("server.crt"), directory.resolve("server.key"));
    if (usable(files, domain, clock.instant())) {
      return files;
    }
    try {
      Files.createDirectories(directory);
      generate(files, domain, clock.instant());
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException("cannot keep a TLS certificate in %s: %s".formatted(directory, e), e));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("cannot make a TLS certificate", e);
    }
  }

  private static boolean usable(TlsFiles files, Optional<String> domain, Instant now) {
    if (!Files.isReadable(files.certificateChain()) || !Files.isReadable(files.privateKey())) {
      return false;
    }
    try {
      X509Certificate certificate = TlsIdentity.readChain(files.certificateChain()).getFirst();
      TlsIdentity.of(files);
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

  private static void generate(TlsFiles files, Optional<String> domain, Instant now)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = generator.generateKeyPair();
    X500Name name = new X500Name("CN=coppice");
    X509CertificateHolder certificate =
        new JcaX509v3CertificateBuilder(
                name,
                new BigInteger(127, new SecureRandom()),
                Date.from(now.minus(CLOCK_SKEW)),
                Date.from(now.plus(VALIDITY)),
                name,
                pair.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
            .addExtension(Extension.subjectAlternativeName, false, hostNames(domain))
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
    write(files.privateKey(), pem(new JcaPKCS8Generator(pair.getPrivate(), null)), "rw-------");
    write(files.certificateChain(), pem(certificate), "rw-r--r--");
  }

  private static GeneralNames hostNames(Optional<String> domain) throws CertIOException {
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

  private static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }

  /** Whole or not at all, and never readable by others in between. */
  private static void write(Path file, String content, String permissions) throws IOException {
    FileAttribute<?> mode =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    Path directory = file.toAbsolutePath().getParent();
    Path temporary = Files.createTempFile(directory, file.getFileName() + ".", ".tmp", mode);
    try {
      Files.writeString(temporary, content, StandardCharsets.US_ASCII);
      try (FileChannel written = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        written.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
        entry.force(true);
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
