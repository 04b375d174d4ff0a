package dev.coppice.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.ProxyConfig.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurrentIdentityTest {

  private static final Duration PERIOD = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private TlsFiles pair(String name) {
    return GeneratedCertificate.in(directory.resolve(name), Optional.empty(), Clock.systemUTC());
  }

  /** As ACME clients and Kubernetes do it: a directory behind a link that is replaced. */
  private void link(String target) throws IOException {
    Path fresh = Files.createSymbolicLink(directory.resolve("fresh"), directory.resolve(target));
    Files.move(fresh, directory.resolve("live"), StandardCopyOption.ATOMIC_MOVE);
  }

  private TlsFiles live() {
    Path live = directory.resolve("live");
    return new TlsFiles(live.resolve("server.crt"), live.resolve("server.key"));
  }

  @Test
  void aNewPairBehindALinkIsTaken() throws IOException {
    String one = TlsIdentity.of(pair("one")).fingerprint();
    String two = TlsIdentity.of(pair("two")).fingerprint();
    link("one");
    try (CurrentIdentity current = CurrentIdentity.of(this::live, PERIOD)) {
      assertThat(current.get().fingerprint()).isEqualTo(one);
      link("two");
      await(() -> current.get().fingerprint().equals(two));
    }
  }

  @Test
  void whatCannotBeUsedIsNotTaken() throws IOException {
    TlsFiles one = pair("one");
    TlsFiles two = pair("two");
    link("one");
    String first = TlsIdentity.of(one).fingerprint();
    String second = TlsIdentity.of(two).fingerprint();
    try (CurrentIdentity current = CurrentIdentity.of(this::live, PERIOD)) {
      byte[] good = Files.readAllBytes(one.certificateChain());
      Files.write(one.certificateChain(), new byte[0]);
      Files.delete(one.privateKey());
      assertStays(current, first);
      Files.copy(
          two.certificateChain(), one.certificateChain(), StandardCopyOption.REPLACE_EXISTING);
      assertStays(current, first);
      Files.copy(two.privateKey(), one.privateKey());
      await(() -> current.get().fingerprint().equals(second));
      Files.write(one.certificateChain(), good);
      assertStays(current, second);
    }
  }

  /** As far as can be seen: for some more looks at the files. */
  private static void assertStays(CurrentIdentity current, String fingerprint) {
    for (int i = 0; i < 20; i++) {
      LockSupport.parkNanos(PERIOD.toNanos());
      assertThat(current.get().fingerprint()).isEqualTo(fingerprint);
    }
  }
}
