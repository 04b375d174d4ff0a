package dev.coppice.proxy.tls;

import com.ongres.scram.common.util.TlsServerEndpoint;
import dev.coppice.proxy.ProxyConfig.TlsFiles;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The proxy's certificate and key, ready to shake hands with. Immutable. */
public final class TlsIdentity {

  /** The ALPN name of Postgres's protocol. */
  public static final String PROTOCOL = "postgresql";

  private final SslContext context;
  private final X509Certificate certificate;
  private final byte[] bindingHash;

  private TlsIdentity(SslContext context, X509Certificate certificate, byte[] bindingHash) {
    this.context = context;
    this.certificate = certificate;
    this.bindingHash = bindingHash;
  }

  /** Reads PEM files; throws {@link UncheckedIOException} that names them. */
  public static TlsIdentity of(TlsFiles files) {
    try {
      List<X509Certificate> chain = readChain(files.certificateChain());
      X509Certificate certificate = chain.getFirst();
      PrivateKey key = PemKey.read(files.privateKey());
      if (!PemKey.fits(key, certificate.getPublicKey())) {
        throw new IOException("the certificate is for another key");
      }
      SslContext context =
          SslContextBuilder.forServer(key, chain)
              .sslProvider(SslProvider.JDK)
              .protocols("TLSv1.3", "TLSv1.2")
              .applicationProtocolConfig(
                  new ApplicationProtocolConfig(
                      ApplicationProtocolConfig.Protocol.ALPN,
                      ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                      ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                      PROTOCOL))
              .build();
      return new TlsIdentity(
          context, certificate, TlsServerEndpoint.getChannelBindingData(certificate));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new UncheckedIOException(
          new IOException(
              "cannot use the TLS certificate %s with the key %s: %s"
                  .formatted(files.certificateChain(), files.privateKey(), e.getMessage()),
              e));
    }
  }

  /** The certificates of a PEM file, the server's own first. */
  static List<X509Certificate> readChain(Path file) throws IOException, GeneralSecurityException {
    try (InputStream pem = Files.newInputStream(file)) {
      List<X509Certificate> chain =
          CertificateFactory.getInstance("X.509").generateCertificates(pem).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (chain.isEmpty()) {
        throw new IOException("the certificate file holds no certificate");
      }
      return chain;
    }
  }

  public SslHandler newHandler(ByteBufAllocator allocator) {
    return context.newHandler(allocator);
  }

  /**
   * The hash that SCRAM-SHA-256-PLUS binds to (RFC 5929, tls-server-end-point); empty where the
   * certificate's signature algorithm defines none.
   */
  public Optional<byte[]> bindingHash() {
    return bindingHash.length == 0 ? Optional.empty() : Optional.of(bindingHash);
  }

  public Instant validUntil() {
    return certificate.getNotAfter().toInstant();
  }

  /** SHA-256 of the certificate, lower-case hexadecimal. */
  public String fingerprint() {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
