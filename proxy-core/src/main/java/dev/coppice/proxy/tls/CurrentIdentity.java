package dev.coppice.proxy.tls;

import dev.coppice.proxy.ProxyConfig.TlsFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate and key that new connections are shown. The files are looked at now and then;
 * what cannot be used in place of the present ones is not. Any thread.
 */
public final class CurrentIdentity implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(CurrentIdentity.class);

  private final Supplier<TlsFiles> files;
  private final ScheduledExecutorService clock;
  private volatile TlsIdentity identity;

  /** What the files held when they were last read, and whether that could be used. */
  private byte[][] seen;

  private boolean usable = true;

  /**
   * @param files says which files count; may make them
   */
  private CurrentIdentity(Supplier<TlsFiles> files) {
    this.files = files;
    TlsFiles present = files.get();
    this.seen = contents(present);
    this.identity = TlsIdentity.of(present);
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("proxy-certificate").daemon().factory());
  }

  /** Throws {@link UncheckedIOException} that names the files if they cannot be used. */
  public static CurrentIdentity of(Supplier<TlsFiles> files, Duration period) {
    CurrentIdentity current = new CurrentIdentity(files);
    long millis = period.toMillis();
    var _ =
        current.clock.scheduleWithFixedDelay(current::look, millis, millis, TimeUnit.MILLISECONDS);
    return current;
  }

  public TlsIdentity get() {
    return identity;
  }

  /** On the clock's thread. */
  private void look() {
    try {
      TlsFiles present = files.get();
      byte[][] found = contents(present);
      if (usable && Arrays.deepEquals(found, seen)) {
        return;
      }
      boolean news = !Arrays.deepEquals(found, seen);
      seen = found;
      replace(present, news);
    } catch (RuntimeException e) {
      failed(e, usable);
    }
  }

  private void replace(TlsFiles present, boolean news) {
    try {
      TlsIdentity next = TlsIdentity.of(present);
      usable = true;
      if (!next.fingerprint().equals(identity.fingerprint())) {
        identity = next;
        log.info(
            "clients are shown the TLS certificate {} from now on, valid until {}",
            present.certificateChain(),
            next.validUntil());
      }
    } catch (UncheckedIOException e) {
      failed(e, news);
    }
  }

  /** Of a pair of files that are replaced one after the other, the second may yet come. */
  private void failed(RuntimeException cause, boolean told) {
    usable = false;
    if (told) {
      log.warn("clients are still shown the former TLS certificate: {}", cause.getMessage());
    }
  }

  private static byte[][] contents(TlsFiles files) {
    try {
      return new byte[][] {
        Files.readAllBytes(files.certificateChain()), Files.readAllBytes(files.privateKey())
      };
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException(
              "cannot read the TLS certificate %s and the key %s: %s"
                  .formatted(files.certificateChain(), files.privateKey(), e),
              e));
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
