package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Stock Postgres on the mount. */
class PostgresIT {

  private static final Set<String> WITHOUT = Set.of("postmaster.pid", "postmaster.opts");

  @RegisterExtension private final StoreHome home = StoreHome.forEngines();

  @Test
  void childrenOfABusyBranchRecoverToACorrectState() throws Exception {
    try (PageStore store = home.open()) {
      BranchId parent = store.create();
      try (Engine engine = home.engine(store.path(parent))) {
        engine.initialise();
        engine.start().bench("-i", "-q", "-s", "2");
        Process load = engine.startBench(home.directory(), "-n", "-c", "3", "-T", "60");
        BranchId at = parent;
        for (int depth = 0; depth < 4; depth++) {
          at = store.fork(at, WITHOUT);
          verifyChild(store, at);
        }
        for (int i = 0; i < 3; i++) {
          BranchId child = store.fork(parent, WITHOUT);
          verifyChild(store, child);
          store.delete(child);
        }
        load.destroy();
        assertThat(load.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(engine.balances()).isEqualTo("t");
        engine.stop();
      }
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private void verifyChild(PageStore store, BranchId child) throws IOException {
    try (Engine engine = home.engine(store.path(child))) {
      engine.start();
      assertThat(engine.balances()).isEqualTo("t");
      engine.checkIndexes();
      engine.bench("-n", "-t", "20");
      assertThat(engine.balances()).isEqualTo("t");
      engine.stop();
    }
  }
}
