package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** Engines that crash are started anew from outside, as soon as that is possible. */
class EngineCrashIT {

  private static final int SESSIONS = 4;

  @Test
  void whoNeedsTheCatalogueStartsItsEngineOnceThatIsPossibleAgain() throws Exception {
    try (BranchLab lab = new BranchLab();
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.shop("secret"), event -> {});
      Path directory = lab.root.resolve("run/engines/catalogue");
      Path elsewhere = directory.resolveSibling("elsewhere");
      ProcessHandle engine = engine(directory);
      Files.move(directory, elsewhere);
      Files.createFile(directory);
      engine.destroyForcibly();
      engine.onExit().join();

      for (int attempt = 0; attempt < 2; attempt++) {
        BranchException failed = failureOfCreating(manager);
        assertThat(failed.failure()).isEqualTo(BranchFailure.ENGINE_START_FAILED);
        assertThat(failed)
            .hasMessageContaining("keep branch one")
            .hasMessageContaining("catalogue");
        assertThat(failed.hint()).contains("free space");
      }
      Files.delete(directory);
      Files.move(elsewhere, directory);

      manager.createBranch(BranchLab.request("shop", "one", Access.OWNER));
      try (Client client = Client.connect(manager, "one", OWNER)) {
        assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
      }
      assertThat(manager.source(SHOP).state()).isEqualTo(SourceInfo.State.READY);
      assertThat(manager.checkStore().problems()).isEmpty();
    }
  }

  @Test
  void aBranchWhoseEngineCrashedIsThereForTheNextConnection() throws Exception {
    try (BranchLab lab = new BranchLab();
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.shop("secret"), event -> {});
      manager.createBranch(BranchLab.request("shop", "one", Access.OWNER));
      try (Client victim = Client.connect(manager, "one", OWNER);
          Client other = Client.connect(manager, "one", OWNER)) {
        other.run("CREATE TABLE sales.kept AS SELECT 42 AS answer");
        ProcessHandle session = session(victim.one("SELECT pg_backend_pid()"));
        ProcessHandle engine = session.parent().orElseThrow();
        session.destroyForcibly();
        engine.onExit().join();
        assertThatThrownBy(() -> victim.one("SELECT 1")).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> other.one("SELECT 1")).isInstanceOf(SQLException.class);
      }
      try (Client client = connected(manager)) {
        assertThat(client.one("SELECT answer FROM sales.kept")).isEqualTo("42");
      }
      assertThat(manager.checkStore().problems()).isEmpty();
    }
  }

  /** Nobody else is told the instant in which an engine ends. */
  private static Client connected(BranchManager manager) throws Exception {
    try {
      return Client.connect(manager, "one", OWNER);
    } catch (SQLException e) {
      return Client.connect(manager, "one", OWNER);
    }
  }

  private static ProcessHandle session(String pid) {
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
  }

  /** The postmaster is the parent of each session's process. */
  private static ProcessHandle engine(Path directory) throws Exception {
    Path socket = directory.resolve(".s.PGSQL." + EngineHost.PORT);
    try (Connection session = EngineSession.superuser(socket, "postgres")) {
      String pid = Statements.column(session, "SELECT pg_backend_pid()").getFirst();
      return session(pid).parent().orElseThrow();
    }
  }

  /** The sessions of the engine that was killed fail first, each in its own words. */
  private static BranchException failureOfCreating(BranchManager manager) {
    BranchException failed = create(manager);
    for (int broken = 0;
        broken < SESSIONS && failed.failure() == BranchFailure.CATALOGUE_FAILED;
        broken++) {
      failed = create(manager);
    }
    return failed;
  }

  private static BranchException create(BranchManager manager) {
    return catchThrowableOfType(
        BranchException.class,
        () -> manager.createBranch(BranchLab.request("shop", "one", Access.OWNER)));
  }
}
