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
 */
public record ProxyConfig(
    InetSocketAddress listen,
    Optional<TlsFiles> tlsCertificate,
    Path tlsDirectory,
    Duration handshakeTimeout,
    Duration wakeTimeout) {

  /** PEM files. */
  public record TlsFiles(Path certificateChain, Path privateKey) {}
}
