package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the store and its mount tell of themselves. */
class MetersIT {

  private static final int BYTES = 16 * 8192;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  @RegisterExtension private final StoreHome home = new StoreHome();

  private double pages(String direction, String kind) {
    return meters
        .get("coppice.store.pages")
        .tag("direction", direction)
        .tag("kind", kind)
        .functionCounter()
        .count();
  }

  private double bytes(String direction) {
    return meters.get("coppice.fuse.bytes").tag("direction", direction).functionCounter().count();
  }

  @Test
  void countsRequestsBytesAndPagesByTheirPlace() throws IOException {
    try (PageStore store = home.open()) {
      store.watch(meters);
      BranchId parent = store.create();
      Files.write(store.path(parent).resolve("file"), new byte[BYTES]);
      // Whatever nobody holds is gone now.
      System.gc();
      assertThat(bytes("written")).isEqualTo(BYTES);
      assertThat(pages("written", "hole")).isEqualTo(16);
      BranchId child = store.fork(parent, Set.of());
      Path file = store.path(child).resolve("file");
      assertThat(Files.readAllBytes(file)).hasSize(BYTES);
      assertThat(bytes("read")).isEqualTo(BYTES);
      assertThat(pages("read", "inherited")).isEqualTo(16);
      Files.write(file, new byte[8192], StandardOpenOption.WRITE);
      assertThat(pages("written", "inherited")).isEqualTo(1);
      assertThat(pages("written", "own")).isZero();
      assertThat(meters.get("coppice.store.layers").gauge().value()).isEqualTo(3);
      assertThat(meters.get("coppice.store.deltas.open").gauge().value()).isPositive();
      var lookups = meters.get("coppice.fuse.requests").tag("operation", "lookup").functionTimer();
      Deadline.await("a lookup to be counted", () -> lookups.count() > 0);
      assertThat(lookups.totalTime(TimeUnit.NANOSECONDS)).isPositive();
    }
  }
}
