package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.branches.BranchLab.Client;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The data directory on a file system of its own, which is filled to its last byte. */
class DiskFullIT {

  private static final String COUNT = "SELECT count(*) FROM sales.item";

  private BranchLab lab;
  private Path data;

  @BeforeEach
  void open() throws Exception {
    lab = new BranchLab();
    data = Files.createDirectory(lab.root.resolve("data"));
    boolean mounted =
        run("mount", "-t", "tmpfs", "-o", "size=500m,mode=0755", "tmpfs", data.toString());
    if (!mounted) {
      lab.close();
    }
    assumeTrue(mounted, "a file system can be mounted only by root");
  }

  @AfterEach
  void close() throws Exception {
    assertThat(run("umount", data.toString())).isTrue();
    lab.close();
  }

  @Test
  void everythingSaysSoAndWorksAgainOnceThereIsRoom() throws Exception {
    try (BranchManager manager = lab.open(0)) {
      manager.addSource(lab.shop("secret"), event -> {});
      manager.createBranch(BranchLab.request("shop", "full", Access.OWNER));
      try (Client client = Client.connect(manager, "full", BranchLab.OWNER)) {
        client.run("CREATE TABLE sales.kept AS SELECT generate_series(1, 1000) AS n");
        Path filler = fill();
        assertThat(catchThrowable(() -> writeOn(client))).isInstanceOf(SQLException.class);
        assertFull(manager);
        Files.delete(filler);
      }

      manager.suspendBranch(new BranchName("full"));
      try (Client client = Client.connect(manager, "full", BranchLab.OWNER)) {
        assertThat(client.one("SELECT count(*) FROM sales.kept")).isEqualTo("1000");
        assertThat(client.one(COUNT)).isEqualTo("20000");
        client.run("INSERT INTO sales.kept SELECT generate_series(1001, 100000)");
      }
      manager.addSource(second(), event -> {});
      assertThat(manager.checkStore().problems()).isEmpty();
    }
  }

  private void assertFull(BranchManager manager) {
    BranchException pull =
        catchThrowableOfType(BranchException.class, () -> manager.addSource(second(), event -> {}));
    assertThat(pull.failure()).isEqualTo(BranchFailure.DISK_FULL);
    assertThat(pull.hint()).contains("ree space");
    // Whether its recovery needs space is chance; if it does, that is what is said.
    try (Client client = Client.connect(manager, "full", BranchLab.OWNER)) {
      assertThat(client.one(COUNT)).isEqualTo("20000");
    } catch (ExecutionException e) {
      assertThat(e.getCause()).extracting("failure").isEqualTo(BranchFailure.DISK_FULL);
    } catch (Exception e) {
      assertThat(e).isInstanceOf(SQLException.class);
    }
  }

  private AddSource second() {
    AddSource shop = lab.shop("secret");
    return new AddSource(new BranchName("second"), shop.address(), shop.options());
  }

  private static void writeOn(Client client) throws SQLException {
    for (int i = 0; i < 1000; i++) {
      client.run("INSERT INTO sales.kept SELECT -1 FROM generate_series(1, 50000)");
      client.run("DELETE FROM sales.kept WHERE n < 0");
    }
  }

  private Path fill() throws IOException {
    Path filler = data.resolve("filler");
    byte[] block = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
    return filler;
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command).start().waitFor() == 0;
  }
}
