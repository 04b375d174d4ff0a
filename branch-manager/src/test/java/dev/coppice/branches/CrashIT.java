package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.StoreConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Kills a server without warning, and looks at what its successor finds. */
class CrashIT {

  private static final long SEED = 20_260_101;
  private static final int KILLS = 3;

  @Test
  void whatAServerReturnedSurvivesItsKillAndWhatItHadBegunIsGone() throws Exception {
    try (BranchLab lab = new BranchLab()) {
      killWhilePulling(lab);
      int known = 0;
      try (BranchManager successor = lab.open(0)) {
        assertThat(successor.source(SHOP).state()).isEqualTo(SourceInfo.State.FAILED);
        assertThat(successor.source(SHOP).detail()).isNotBlank();
        successor.addSource(lab.shop("secret"), event -> {});
        successor.createBranch(BranchLab.request("shop", "kept", Access.OWNER));
        try (Client client = Client.connect(successor, "kept", OWNER)) {
          client.run("CREATE TABLE sales.mark AS SELECT 42 AS answer, 'first' AS padding");
        }
        known = successor.branches().size();
      }
      Random random = new Random(SEED);
      for (int round = 0; round < KILLS; round++) {
        killWhileCommitting(lab, 30 + random.nextInt(300));
        known = killWhileCreating(lab, "r" + round, 1 + random.nextInt(20), known);
      }
      assertThat(storeBranches(lab)).isEqualTo(known + 2);
    }
  }

  /** Each pull after the first also shows that a source can be added again after a kill. */
  private static void killWhilePulling(BranchLab lab) throws Exception {
    List<String> pull = List.of("pull", lab.shop("secret").address().url());
    for (String phase : List.of("PREFLIGHT", "SCHEMA", "COPY", "VERIFY")) {
      killWhenItSays(lab, phase, pull);
      try (BranchManager successor = lab.open(0)) {
        assertThat(successor.sources())
            .as("killed in %s", phase)
            .singleElement()
            .satisfies(source -> {
              assertThat(source.state()).isEqualTo(SourceInfo.State.FAILED);
              assertThat(source.detail()).isNotBlank();
              assertThat(source.snapshot()).isEmpty();
            });
        assertThat(successor.snapshots(Optional.empty())).isEmpty();
        assertThat(successor.checkStore().problems()).as("killed in %s", phase).isEmpty();
      }
      assertThat(lab.engines()).as("engines left after a kill in %s", phase).isEmpty();
    }
  }

  /** Every commit that was answered is there, those in order, and one more at most. */
  private static void killWhileCommitting(BranchLab lab, int after) throws Exception {
    int known;
    try (BranchManager manager = lab.open(0);
        Client client = Client.connect(manager, "kept", OWNER)) {
      known = Integer.parseInt(client.one("SELECT max(answer) FROM sales.mark"));
    }
    List<String> said =
        killWhenItSays(lab, String.valueOf(known + after), List.of("commit", "kept"));
    int last = Integer.parseInt(said.getLast());
    try (BranchManager successor = lab.open(0);
        Client client = Client.connect(successor, "kept", OWNER)) {
      int found = Integer.parseInt(client.one("SELECT max(answer) FROM sales.mark"));
      assertThat(found).as("seed %d", SEED).isBetween(last, last + 1);
      assertThat(client.one("SELECT count(*) FROM sales.mark"))
          .isEqualTo(String.valueOf(found - 41));
      assertThat(successor.checkStore().problems()).isEmpty();
      assertThat(successor.checkSpace().differences()).isEmpty();
    }
    assertThat(lab.engines()).isEmpty();
  }

  private static int killWhileCreating(BranchLab lab, String prefix, int after, int known)
      throws Exception {
    String last = prefix + "-" + after;
    List<String> said = killWhenItSays(lab, last, List.of(prefix));
    try (BranchManager successor = lab.open(0)) {
      List<String> names =
          successor.branches().stream().map(branch -> branch.name().value()).toList();
      assertThat(names).as("seed %d", SEED).containsAll(said).contains("kept");
      // One may have been created without its name having been said.
      assertThat(names.size()).isBetween(known + said.size(), known + said.size() + 1);
      try (Client client = Client.connect(successor, last, OWNER)) {
        assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
      }
      try (Client client = Client.connect(successor, "kept", OWNER)) {
        assertThat(client.one("SELECT min(answer) FROM sales.mark")).isEqualTo("42");
      }
      assertThat(successor.checkStore().problems()).isEmpty();
      known = names.size();
    }
    assertThat(lab.engines()).isEmpty();
    return known;
  }

  /** Returns what it had said until it was killed. */
  private static List<String> killWhenItSays(BranchLab lab, String word, List<String> arguments)
      throws IOException, InterruptedException {
    try (DoomedProcess server =
        DoomedProcess.start(lab, DoomedServer.class, word::equals, arguments)) {
      return server.awaitKilled();
    }
  }

  private static int storeBranches(BranchLab lab) {
    try (PageStore store =
        PageStore.open(
            new StoreConfig(
                lab.root.resolve("data").resolve("store"),
                lab.root.resolve("run").resolve("mnt"),
                0,
                0))) {
      return store.branches().size();
    }
  }
}
