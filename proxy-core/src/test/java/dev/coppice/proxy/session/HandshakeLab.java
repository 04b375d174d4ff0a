package dev.coppice.proxy.session;

import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.route.BranchCarriers;
import dev.coppice.proxy.scram.ScramClient;
import dev.coppice.proxy.tls.CurrentIdentity;
import dev.coppice.proxy.tls.GeneratedCertificate;
import dev.coppice.proxy.wire.StartupBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** Clients of a proxy without sockets, and the bytes they say. */
final class HandshakeLab implements AutoCloseable {

  final TestBranches branches = new TestBranches(Path.of("absent"));
  final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  final ProxyServices services;
  private final CurrentIdentity tls;

  HandshakeLab(Path directory, ProxyLimits limits) {
    tls =
        CurrentIdentity.of(
            () -> GeneratedCertificate.in(directory, Optional.empty(), Clock.systemUTC()),
            Duration.ofHours(1));
    services =
        new ProxyServices(
            new ProxyConfig(
                new InetSocketAddress(0),
                Optional.empty(),
                directory,
                Duration.ofSeconds(5),
                Duration.ofSeconds(7),
                Optional.empty(),
                Duration.ZERO,
                limits),
            branches,
            new BranchCarriers(Optional.empty()),
            tls,
            new EngineDialer(Transport.NIO),
            new EngineSessions(),
            new SpareSessions(Duration.ZERO),
            new CancelKeys(),
            new ProxyMetrics(metrics),
            new LoginSecrets(),
            new Admissions(limits),
            new FailedLogins(limits.logins(), () -> 0),
            Optional.empty());
  }

  /** Time passes for the client only when a test says so. */
  EmbeddedChannel connect() {
    EmbeddedChannel client = new EmbeddedChannel();
    accept(client);
    return client;
  }

  Connection accept(EmbeddedChannel client) {
    client.freezeTime();
    return Connection.accept(client, services);
  }

  static void send(EmbeddedChannel client, byte[] bytes) {
    client.writeInbound(Unpooled.copiedBuffer(bytes));
  }

  static void leave(EmbeddedChannel client) {
    client.finishAndReleaseAll();
  }

  static BackendBytes sent(EmbeddedChannel client) {
    ByteBuf bytes = outbound(client);
    try {
      return BackendBytes.parse(bytes);
    } finally {
      bytes.release();
    }
  }

  static ByteBuf outbound(EmbeddedChannel client) {
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf part = client.readOutbound(); part != null; part = client.readOutbound()) {
      all.writeBytes(part);
      part.release();
    }
    return all;
  }

  static String serverFirst(BackendBytes sent) {
    byte[] body = sent.messages().getLast().body();
    return new String(body, 4, body.length - 4, StandardCharsets.US_ASCII);
  }

  static byte[] saslInitial(ScramClient scram) {
    byte[] first = scram.first();
    return answer(
        StartupBytes.bytes(
            Unpooled.buffer()
                .writeBytes("SCRAM-SHA-256\0".getBytes(StandardCharsets.US_ASCII))
                .writeInt(first.length)
                .writeBytes(first)));
  }

  static byte[] answer(byte[] body) {
    return StartupBytes.bytes(
        Unpooled.buffer().writeByte('p').writeInt(body.length + 4).writeBytes(body));
  }

  @Override
  public void close() {
    tls.close();
  }
}
