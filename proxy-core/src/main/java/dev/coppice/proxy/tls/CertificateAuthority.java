package dev.coppice.proxy.tls;

import dev.coppice.proxy.ProxyConfig.TlsFiles;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** What clients trust in place of a generated certificate: it outlives many of those. */
record CertificateAuthority(X509Certificate certificate, PrivateKey key) {

  private static final Duration VALIDITY = Duration.ofDays(3650);
  private static final Duration SERVER_VALIDITY = Duration.ofDays(397);
  private static final Duration CLOCK_SKEW = Duration.ofDays(1);
  private static final String CURVE = "secp256r1";
  private static final String SIGNATURE = "SHA256withECDSA";

  /** {@code ca.crt} and {@code ca.key}. */
  static TlsFiles files(Path directory) {
    return new TlsFiles(directory.resolve("ca.crt"), directory.resolve("ca.key"));
  }

  /** Reads one, or makes it if there is none that can be used much longer. */
  static CertificateAuthority in(Path directory, Instant now)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    TlsFiles files = files(directory);
    if (Files.isReadable(files.certificateChain()) && Files.isReadable(files.privateKey())) {
      X509Certificate certificate = TlsIdentity.readChain(files.certificateChain()).getFirst();
      PrivateKey key = PemKey.read(files.privateKey());
      if (PemKey.fits(key, certificate.getPublicKey())
          && now.plus(GeneratedCertificate.RENEWAL).isBefore(end(certificate))) {
        return new CertificateAuthority(certificate, key);
      }
    }
    return made(files, now);
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }

  private static CertificateAuthority made(TlsFiles files, Instant now)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    KeyPair pair = newPair();
    X500Name name = new X500Name("CN=Coppice CA");
    X509CertificateHolder holder =
        builder(name, name, pair.getPublic(), now, now.plus(VALIDITY))
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
            .addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))
            .build(new JcaContentSignerBuilder(SIGNATURE).build(pair.getPrivate()));
    PemFile.write(
        files.privateKey(), PemFile.FOR_OWNER, new JcaPKCS8Generator(pair.getPrivate(), null));
    PemFile.write(files.certificateChain(), PemFile.FOR_ALL, holder);
    return new CertificateAuthority(
        new JcaX509CertificateConverter().getCertificate(holder), pair.getPrivate());
  }

  /** Makes a server's certificate; its file holds the authority's behind it. */
  void certify(TlsFiles server, GeneralNames names, Instant now)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    KeyPair pair = newPair();
    Instant end = now.plus(SERVER_VALIDITY);
    X509CertificateHolder holder =
        builder(
                new X500Name(certificate.getSubjectX500Principal().getName()),
                new X500Name("CN=coppice"),
                pair.getPublic(),
                now,
                end.isBefore(end(certificate)) ? end : end(certificate))
            .addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate))
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
            .addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
            .addExtension(Extension.subjectAlternativeName, false, names)
            .build(new JcaContentSignerBuilder(SIGNATURE).build(key));
    PemFile.write(
        server.privateKey(), PemFile.FOR_OWNER, new JcaPKCS8Generator(pair.getPrivate(), null));
    PemFile.write(server.certificateChain(), PemFile.FOR_ALL, holder, certificate);
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey key, Instant now, Instant end)
      throws IOException, GeneralSecurityException {
    return new JcaX509v3CertificateBuilder(
            issuer,
            new BigInteger(127, new SecureRandom()),
            Date.from(now.minus(CLOCK_SKEW)),
            Date.from(end),
            subject,
            key)
        .addExtension(
            Extension.subjectKeyIdentifier,
            false,
            new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
  }

  private static KeyPair newPair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(CURVE));
    return generator.generateKeyPair();
  }
}
