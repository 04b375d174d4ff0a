package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Snapshots of a source disappear by themselves when nothing needs them. */
class RetentionIT {

  private static List<String> names(BranchManager manager) {
    return manager.snapshots(Optional.of(BranchLab.SHOP)).stream().map(SnapshotInfo::name).toList();
  }

  @Test
  void oldSnapshotsGoAndWhatABranchStandsOnStays() throws Exception {
    try (BranchLab lab = new BranchLab()) {
      List<String> before;
      try (BranchManager manager = lab.open(0)) {
        manager.addSource(lab.shop("secret"), event -> {});
        manager.createBranch(BranchLab.request("shop", "stands", Access.OWNER));
        manager.createSnapshot(BranchLab.SHOP, Optional.empty());
        manager.createSnapshot(BranchLab.SHOP, Optional.of("named"));
        manager.createSnapshot(BranchLab.SHOP, Optional.empty());
        manager.createSnapshot(BranchLab.SHOP, Optional.empty());
        before = names(manager);
        assertThat(before).hasSize(5);
      }
      List<String> kept = List.of(before.get(0), "named", before.get(4));
      ManagerConfig config = lab.config(0, Duration.ofMinutes(10), true, Duration.ofNanos(1));
      try (BranchManager manager =
          BranchManager.open(config, password -> "verifier", new SimpleMeterRegistry())) {
        BranchLab.await("old snapshots to go", () -> names(manager).equals(kept));
        manager.resetBranch(new BranchName("stands"), Optional.empty());
        try (BranchLab.Client client =
            BranchLab.Client.connect(manager, "stands", BranchLab.OWNER)) {
          assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
        }
        assertThat(names(manager)).isEqualTo(kept);
        assertThat(manager.checkSpace().differences()).isEmpty();
      }
    }
  }
}
