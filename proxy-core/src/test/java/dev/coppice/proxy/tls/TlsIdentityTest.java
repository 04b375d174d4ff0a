package dev.coppice.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.ProxyConfig.TlsFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.util.io.pem.PemObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIdentityTest {

  private static final Clock NOW =
      Clock.fixed(Instant.parse("2026-06-01T00:00:00Z"), ZoneOffset.UTC);

  @TempDir private Path directory;

  @Test
  void theKeyIsReadableByItsOwnerAlone() throws IOException {
    TlsFiles files = generate(NOW);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files.privateKey())))
        .isEqualTo("rw-------");
    try (Stream<Path> kept = Files.list(directory)) {
      assertThat(kept)
          .containsExactlyInAnyOrder(
              files.privateKey(),
              files.certificateChain(),
              directory.resolve("ca.crt"),
              directory.resolve("ca.key"));
    }
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("ca.key"))))
        .isEqualTo("rw-------");
  }

  @Test
  void theAuthorityOutlivesItsCertificates() throws Exception {
    generate(NOW);
    byte[] authority = Files.readAllBytes(GeneratedCertificate.authority(directory));
    TlsFiles files =
        GeneratedCertificate.in(
            directory, Optional.of("db.example"), Clock.offset(NOW, Duration.ofDays(3000)));
    assertThat(GeneratedCertificate.authority(directory)).hasBinaryContent(authority);
    List<X509Certificate> chain = TlsIdentity.readChain(files.certificateChain());
    assertThat(chain).hasSize(2);
    chain.get(0).verify(chain.get(1).getPublicKey());
    assertThat(chain.get(0).getBasicConstraints()).isEqualTo(-1);
    assertThat(chain.get(1).getBasicConstraints()).isZero();
  }

  @Test
  void anAuthorityThatExpiresSoonIsReplacedWithWhatItIssued() throws Exception {
    generate(NOW);
    byte[] authority = Files.readAllBytes(GeneratedCertificate.authority(directory));
    TlsFiles files = generate(Clock.offset(NOW, Duration.ofDays(3650 - 29)));
    assertThat(Files.readAllBytes(GeneratedCertificate.authority(directory)))
        .isNotEqualTo(authority);
    TlsIdentity.of(files);
  }

  @Test
  void aCertificateOfAnotherAuthorityIsReplaced() throws Exception {
    String first = TlsIdentity.of(generate(NOW)).fingerprint();
    Files.delete(directory.resolve("ca.crt"));
    assertThat(TlsIdentity.of(generate(NOW)).fingerprint()).isNotEqualTo(first);
  }

  @Test
  void theCertificateOutlivesARestart() {
    String first = TlsIdentity.of(generate(NOW)).fingerprint();
    assertThat(TlsIdentity.of(generate(NOW)).fingerprint()).isEqualTo(first).hasSize(64);
    assertThat(TlsIdentity.of(generate(NOW)).bindingHash())
        .get()
        .satisfies(hash -> assertThat(HexFormat.of().formatHex(hash)).isEqualTo(first));
  }

  @Test
  void aCertificateThatExpiresSoonIsReplaced() {
    String first = TlsIdentity.of(generate(NOW)).fingerprint();
    Clock later = Clock.offset(NOW, Duration.ofDays(397 - 29));
    assertThat(TlsIdentity.of(generate(later)).fingerprint()).isNotEqualTo(first);
  }

  @Test
  void aCertificateThatLacksTheDomainIsReplaced() throws Exception {
    generate(NOW);
    TlsFiles files = GeneratedCertificate.in(directory, Optional.of("db.example"), NOW);
    assertThat(
            TlsIdentity.readChain(files.certificateChain())
                .getFirst()
                .getSubjectAlternativeNames()
                .toString())
        .contains("db.example", "*.db.example", "localhost", "127.0.0.1");
  }

  @Test
  void aHalfWrittenPairIsReplaced() throws IOException {
    TlsFiles files = generate(NOW);
    String certificate = Files.readString(files.certificateChain());
    Files.delete(files.privateKey());
    generate(NOW);
    Files.writeString(files.certificateChain(), certificate);
    assertThatThrownBy(() -> TlsIdentity.of(files)).hasMessageContaining("for another key");
    TlsIdentity.of(generate(NOW));
  }

  @Test
  void readsKeysInOpenSslsOlderForm() throws IOException {
    TlsFiles files = generate(NOW);
    ECPrivateKey key = (ECPrivateKey) PemKey.read(files.privateKey());
    byte[] older =
        new org.bouncycastle.asn1.sec.ECPrivateKey(256, key.getS(), SECObjectIdentifiers.secp256r1)
            .getEncoded();
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(new PemObject("EC PRIVATE KEY", older));
    }
    Path file = Files.writeString(directory.resolve("older.key"), text.toString());
    TlsIdentity.of(new TlsFiles(files.certificateChain(), file));
  }

  @Test
  void saysWhichFilesCannotBeUsed() throws IOException {
    TlsFiles files = generate(NOW);
    Path empty = Files.createFile(directory.resolve("empty.pem"));
    Path absent = directory.resolve("absent.pem");
    assertThatThrownBy(() -> TlsIdentity.of(new TlsFiles(files.certificateChain(), empty)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("empty.pem")
        .hasMessageContaining("holds no private key");
    assertThatThrownBy(() -> TlsIdentity.of(new TlsFiles(empty, files.privateKey())))
        .hasMessageContaining("empty.pem");
    assertThatThrownBy(() -> TlsIdentity.of(new TlsFiles(absent, files.privateKey())))
        .hasMessageContaining("absent.pem");
  }

  private TlsFiles generate(Clock clock) {
    return GeneratedCertificate.in(directory, Optional.empty(), clock);
  }
}
