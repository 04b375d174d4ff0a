package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.ProxyServer;
import dev.coppice.proxy.tls.TlsIdentity;
import dev.coppice.proxy.wire.StartupBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakGuard.class)
class ListenerIT {

  private static final int TIMEOUT_MILLIS = 120_000;

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // by start()
  private ProxyServer proxy;

  @BeforeEach
  void start() {
    proxy = listen(0);
  }

  @AfterEach
  void stop() {
    proxy.close();
  }

  @Test
  void directTlsNeedsNoRequest() throws Exception {
    try (SSLSocket client = directTls()) {
      SSLParameters parameters = client.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {TlsIdentity.PROTOCOL});
      client.setSSLParameters(parameters);
      client.startHandshake();
      assertThat(client.getApplicationProtocol()).isEqualTo(TlsIdentity.PROTOCOL);
      assertThat(fingerprint(client)).isEqualTo(proxy.certificateFingerprint());
      client.getOutputStream().write(StartupBytes.message(3 << 16, "user", "app.nope"));
      assertThat(readToEnd(client).error()).containsEntry('C', "3D000");
    }
  }

  @Test
  void directTlsWithoutItsProtocolNameIsRefused() throws Exception {
    try (SSLSocket client = directTls()) {
      client.startHandshake();
      assertThat(readToEnd(client).error()).containsEntry('C', "08P01").containsKey('H');
    }
  }

  @Test
  void aTakenAddressIsNamed() {
    assertThatThrownBy(() -> listen(proxy.address().getPort()))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot listen on")
        .hasMessageContaining(Integer.toString(proxy.address().getPort()));
  }

  /** Whatever it does meanwhile: nothing, or waiting for an engine. */
  @Test
  void aClientWhoseMachineIsGoneIsAskedForAfterAMinute() throws Exception {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.address().getPort())) {
      TestEngine.await(
          "the keep-alive timer of the client's connection",
          () -> {
            OptionalLong seconds = keepAliveSeconds(client.getLocalPort());
            return seconds.isPresent() && seconds.getAsLong() <= Transport.KEEP_ALIVE_IDLE_SECONDS;
          });
    }
  }

  /**
   * When the kernel asks next whether the other side is there; nothing if it is not going to. Of
   * the proxy's side of a connection, from proc(5)'s net/tcp: a timer's kind, which is 2, and its
   * time in hundredths of a second.
   */
  private OptionalLong keepAliveSeconds(int clientPort) {
    String ends = "[0-9A-F]+:%04X [0-9A-F]+:%04X".formatted(proxy.address().getPort(), clientPort);
    Pattern timer = Pattern.compile(ends + " 01 \\S+ 02:([0-9A-F]{8}) ");
    for (String table : List.of("tcp", "tcp6")) {
      Matcher found = timer.matcher(text(Path.of("/proc/self/net", table)));
      if (found.find()) {
        return OptionalLong.of(Long.parseLong(found.group(1), 16) / 100);
      }
    }
    return OptionalLong.empty();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException _) {
      return ""; // no IPv6
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void mayBeClosedTwice() {
    proxy.close();
    proxy.close();
  }

  private ProxyServer listen(int port) {
    return ProxyServer.start(
        new ProxyConfig(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            Optional.empty(),
            directory,
            ProxyFixture.PATIENCE,
            ProxyFixture.PATIENCE),
        new TestBranches(directory.resolve("absent")),
        new SimpleMeterRegistry());
  }

  private SSLSocket directTls() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), proxy.address().getPort());
    socket.setSoTimeout(TIMEOUT_MILLIS);
    return socket;
  }

  private static BackendBytes readToEnd(SSLSocket client) throws Exception {
    return BackendBytes.parse(Unpooled.wrappedBuffer(client.getInputStream().readAllBytes()));
  }

  private static String fingerprint(SSLSocket client) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256")
                .digest(client.getSession().getPeerCertificates()[0].getEncoded()));
  }
}
