package dev.coppice.proxy;

import dev.coppice.proxy.session.ProxyListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/** Accepts Postgres clients and connects each to the engine of the branch that it names. */
public interface ProxyServer extends AutoCloseable {

  /**
   * Binds and starts. Throws {@link java.io.UncheckedIOException} if the address is taken or a TLS
   * certificate cannot be used or kept.
   */
  static ProxyServer start(ProxyConfig config, BranchResolver resolver, MeterRegistry metrics) {
    return start(config, resolver, metrics, Optional.empty());
  }

  /** The same, with somebody who sees what statements pass. */
  static ProxyServer start(
      ProxyConfig config,
      BranchResolver resolver,
      MeterRegistry metrics,
      Optional<StatementTap> tap) {
    return ProxyListener.start(config, resolver, metrics, tap);
  }

  InetSocketAddress address();

  /** SHA-256 of the certificate that TLS clients are shown, lower-case hexadecimal. */
  String certificateFingerprint();

  /** What clients must trust, as PEM, if the certificate is a generated one. */
  Optional<Path> certificateAuthority();

  /** Ends every session with SQLSTATE 57P01, then releases all threads and sockets. */
  @Override
  void close();
}
