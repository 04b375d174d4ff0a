package dev.coppice.proxy;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * @param listen where clients connect; port 0 takes a free one
 * @param tlsCertificate a PEM chain and key of the operator's own, else one is generated
 * @param tlsDirectory where a generated certificate is kept, so that it outlives a restart
 * @param handshakeTimeout from the first byte to the end of authentication
 * @param wakeTimeout how long a client waits for an engine
 * @param domain TLS host names {@code <branch>.<domain>} name a branch; without it they mean
 *     nothing
 * @param sessionReuse how long an engine's session waits for its next client, where clients come
 *     and go; zero gives every client a new one
 */
public record ProxyConfig(
    InetSocketAddress listen,
    Optional<TlsFiles> tlsCertificate,
    Path tlsDirectory,
    Duration handshakeTimeout,
    Duration wakeTimeout,
    Optional<String> domain,
    Duration sessionReuse,
    ProxyLimits limits) {

  public static final Duration USUAL_SESSION_REUSE = Duration.ofSeconds(10);

  /** Without a domain. */
  public ProxyConfig(
      InetSocketAddress listen,
      Optional<TlsFiles> tlsCertificate,
      Path tlsDirectory,
      Duration handshakeTimeout,
      Duration wakeTimeout) {
    this(
        listen,
        tlsCertificate,
        tlsDirectory,
        handshakeTimeout,
        wakeTimeout,
        Optional.empty(),
        USUAL_SESSION_REUSE,
        ProxyLimits.USUAL);
  }

  /** PEM files. */
  public record TlsFiles(Path certificateChain, Path privateKey) {}
}
