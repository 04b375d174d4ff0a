package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.providers.ClientTools;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFailure;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sources of the newer majors: pulled where client programs of that major are installed, else
 * refused before anything is made, with the package that is missing.
 */
class SourceMajorsIT {

  private static BranchLab lab;
  private static BranchManager manager;

  @BeforeAll
  static void open() throws IOException {
    lab = BranchLab.withoutProduction();
    manager = lab.open(0);
  }

  @AfterAll
  static void close() throws IOException {
    try {
      manager.close();
    } finally {
      lab.close();
    }
  }

  @AfterEach
  void clear() {
    manager.branches().forEach(branch -> manager.deleteBranch(branch.name()));
    manager.sources().forEach(source -> manager.removeSource(source.name()));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 17, 18})
  void aSourceIsPulledOrTheMissingProgramsAreNamed(int major) throws Exception {
    lab.startProduction(major, Map.of());
    if (hasClientTools(major)) {
      SourceInfo pulled = manager.addSource(lab.shop("secret"), event -> {});
      assertThat(pulled.engineMajor()).isEqualTo(major);
      manager.createBranch(BranchLab.request("shop", "b", Access.OWNER));
      try (Client client = Client.connect(manager, "b", BranchLab.OWNER)) {
        assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
      }
      return;
    }
    BranchException refused =
        catchThrowableOfType(
            BranchException.class, () -> manager.addSource(lab.shop("secret"), event -> {}));
    assertThat(refused)
        .hasMessageContaining("pg_dump and pg_restore of version " + major + " or newer");
    assertThat(refused.hint()).contains("postgresql-client-" + major);
    assertThat(manager.sources()).isEmpty();
    assertThat(manager.checkStore().problems()).isEmpty();
  }

  private static boolean hasClientTools(int major) {
    try {
      return ClientTools.find(major).major() >= major;
    } catch (SourceException e) {
      assertThat(e.failure()).isEqualTo(SourceFailure.CLIENT_TOOLS_MISSING);
      assertThat(e.hint()).contains("postgresql-client-" + major);
      return false;
    }
  }
}
