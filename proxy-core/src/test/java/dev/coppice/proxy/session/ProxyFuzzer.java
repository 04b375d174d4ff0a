package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchRequest;
import dev.coppice.proxy.BranchTarget;
import dev.coppice.proxy.IdleLimits;
import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.route.Route;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Everything that reads bytes of others, for a fuzzer: what breaks throws. The first byte of an
 * input says who reads it, the second how it is split.
 */
public final class ProxyFuzzer {

  static final int MOST_BYTES = 64 << 10;

  /** Who reads. */
  enum Reader {
    CLIENTS_LOGIN,
    ENGINES_SESSION,
    CLEANING,
    CHECK,
    PASSING;

    /** The input that makes it read these bytes. */
    byte[] input(int partBytes, byte[] bytes) {
      byte[] input = new byte[2 + bytes.length];
      input[0] = (byte) READERS.indexOf(this);
      input[1] = (byte) partBytes;
      System.arraycopy(bytes, 0, input, 2, bytes.length);
      return input;
    }
  }

  /** Bytes that come in parts. */
  @SuppressWarnings("ArrayRecordComponent")
  record Parts(byte[] bytes, int partBytes) {
    void into(EmbeddedChannel channel) {
      for (int at = 0; at < bytes.length && channel.isOpen(); at += partBytes) {
        HandshakeLab.send(
            channel, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + partBytes)));
      }
    }

    void each(Consumer<ByteBuf> reader) {
      for (int at = 0; at < bytes.length; at += partBytes) {
        reader.accept(Unpooled.wrappedBuffer(bytes, at, Math.min(bytes.length - at, partBytes)));
      }
    }
  }

  private static final HandshakeLab LAB = lab();
  private static final List<Reader> READERS = List.of(Reader.values());

  private ProxyFuzzer() {}

  private static HandshakeLab lab() {
    try {
      Path directory = Files.createTempDirectory("proxy-fuzzer-");
      HandshakeLab lab =
          new HandshakeLab(
              directory,
              new ProxyLimits(
                  Integer.MAX_VALUE,
                  Integer.MAX_VALUE,
                  Integer.MAX_VALUE,
                  new LoginLimits(MOST_BYTES, Integer.MAX_VALUE, Duration.ofMinutes(1)),
                  new IdleLimits(Duration.ofHours(1), Duration.ofHours(1))));
      lab.branches.waking(() ->
          CompletableFuture.failedFuture(
              new RefusedException(new Refusal("gone", "57P03", "no engine", "None."))));
      // Its certificate was read.
      try (Stream<Path> files = Files.walk(directory)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
      return lab;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2) {
      return;
    }
    int partBytes = Byte.toUnsignedInt(input[1]);
    Parts parts =
        new Parts(Arrays.copyOfRange(input, 2, input.length), partBytes == 0 ? 1 << 20 : partBytes);
    switch (READERS.get(Byte.toUnsignedInt(input[0]) % READERS.size())) {
      case CLIENTS_LOGIN -> clientsLogin(parts);
      case ENGINES_SESSION -> enginesSession(parts);
      case CLEANING -> cleaning(parts);
      case CHECK -> check(parts);
      case PASSING -> passing(parts);
    }
  }

  private static void clientsLogin(Parts parts) {
    EmbeddedChannel client = LAB.connect();
    try {
      parts.into(client);
      client.checkException();
    } finally {
      client.finishAndReleaseAll();
    }
  }

  /** A session from its startup message on, until the engine closes. */
  private static void enginesSession(Parts parts) {
    int open = LAB.branches.opened.get() - LAB.branches.closed.get();
    DuplexTestChannel client = new DuplexTestChannel();
    DuplexTestChannel engine = new DuplexTestChannel();
    try {
      startSession(client, engine);
      parts.into(engine);
      if (client.isOpen()) {
        HandshakeLab.send(client, RawClient.query("SELECT 1"));
      }
      engine.close();
      // Where the engine said that it is not ready, the next one is waited for in between.
      passTime(client);
      passTime(client);
      client.checkException();
      engine.checkException();
      require(!client.isOpen(), "the client outlives its engine");
      require(
          LAB.branches.opened.get() - LAB.branches.closed.get() == open,
          "the way to the engine is held");
      require(said(client) <= parts.bytes().length + 4096, "more was said than came");
    } finally {
      client.finishAndReleaseAll();
      engine.finishAndReleaseAll();
    }
  }

  private static void startSession(DuplexTestChannel client, DuplexTestChannel engine) {
    Connection connection = LAB.accept(client);
    client.pipeline().remove(DirectTlsDetector.class);
    connection.authenticated();
    BranchTarget target =
        LAB.branches
            .resolve(new BranchRequest("pr-1", "app", new InetSocketAddress(0)))
            .toCompletableFuture()
            .join();
    WakeUp stage =
        new WakeUp(connection, new Route("pr-1", "app", Optional.of("shop"), Map.of()), target);
    connection.enter(stage);
    stage.open(new EngineSession(LAB.services, LAB.branches.endpoint(Path.of("absent"))), engine);
  }

  private static int said(EmbeddedChannel client) {
    ByteBuf all = HandshakeLab.outbound(client);
    int bytes = all.readableBytes();
    all.release();
    return bytes;
  }

  private static void passTime(EmbeddedChannel channel) {
    channel.runPendingTasks();
    channel.advanceTimeBy(1, TimeUnit.MINUTES);
    channel.runScheduledPendingTasks();
  }

  private static void cleaning(Parts parts) {
    EmbeddedChannel engine = new EmbeddedChannel();
    AtomicInteger cleaned = new AtomicInteger();
    SessionCleaning.run(engine, cleaned::incrementAndGet);
    try {
      parts.into(engine);
      engine.checkException();
      require(cleaned.get() <= 1, "a session was cleaned twice");
      boolean clean = endsWell(parts.bytes());
      require(clean || cleaned.get() == 0 || engine.isOpen(), "a lost session was called clean");
      if (cleaned.get() == 0) {
        passTime(engine);
        require(!engine.isOpen(), "a session waits for ever");
      }
    } finally {
      engine.finishAndReleaseAll();
    }
  }

  private static boolean endsWell(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1).endsWith("Z\0\0\0\5I");
  }

  private static void check(Parts parts) {
    EmbeddedChannel engine = new EmbeddedChannel();
    AtomicInteger answers = new AtomicInteger();
    SessionCheck check = SessionCheck.on(engine, 1_000, () -> {});
    check.ask(_ -> answers.incrementAndGet());
    try {
      parts.into(engine);
      engine.checkException();
      passTime(engine);
      require(!engine.isOpen(), "a check waits for ever");
      require(answers.get() == 1, "who asked was answered " + answers.get() + " times");
    } finally {
      engine.finishAndReleaseAll();
    }
  }

  /** What looks at bytes in passing, from either side. */
  private static void passing(Parts parts) {
    SessionWatch watch = new SessionWatch();
    MessageHeaders headers = new MessageHeaders((type, first) -> {});
    TappedMessages tapped = new TappedMessages(new StrictTap());
    parts.each(bytes -> {
      int before = bytes.readableBytes();
      watch.client(bytes);
      watch.engine(bytes);
      headers.pass(bytes);
      tapped.client(bytes);
      tapped.engine(bytes);
      Farewell.start(bytes);
      DatabaseCommand.mayBegin(bytes);
      PlainStatement.is(bytes, bytes.readerIndex(), bytes.readableBytes());
      require(bytes.readableBytes() == before, "what passes was changed");
    });
    tapped.ended();
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
