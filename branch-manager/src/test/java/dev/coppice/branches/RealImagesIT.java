package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerClientException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import dev.coppice.branches.BranchLab.Client;
import dev.coppice.providers.ClientTools;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.SourceException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** Sources in the images that others run: followed while somebody writes, branched, compared. */
class RealImagesIT {

  private static final long SEED = 20_261_123;
  private static final String PASSWORD = "secret";

  private static final List<String> CHANGES =
      List.of(
          "UPDATE item SET cents = cents + 1 WHERE id = %1$d",
          "INSERT INTO item (name, cents) VALUES ('new', %1$d)",
          "DELETE FROM item WHERE id = 4000 + %1$d");

  /** Others with {@code -Dcoppice.test.images=postgres:17,postgres:18}. */
  static Stream<String> images() {
    String usual =
        "postgres:13,postgres:14,postgres:15,postgres:16,postgres:17,postgres:18,"
            + "supabase/postgres:15.8.1.085,supabase/postgres:17.6.1.011";
    return Stream.of(System.getProperty("coppice.test.images", usual).split(","));
  }

  @BeforeAll
  static void needsDocker() {
    assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "Docker does not answer");
  }

  @ParameterizedTest
  @MethodSource("images")
  void isFollowedUnderLoadAndBranched(String image) throws Exception {
    requireImage(image);
    boolean supabase = image.startsWith("supabase/");
    String superuser = supabase ? "supabase_admin" : "postgres";
    try (GenericContainer<?> container = start(image, supabase)) {
      requireClientTools(container, superuser);
      String reader = supabase ? "postgres" : "reader";
      fill(container, superuser, reader);
      try (BranchLab lab = new BranchLab();
          BranchManager manager = lab.open(0)) {
        SourceInfo source = manager.addSource(followed(container, reader), event -> {});
        assertThat(source.follow()).as("%s", source.fidelity()).isPresent();
        try (CustomerLoad load =
            new CustomerLoad(() -> connect(container, superuser), CHANGES, SEED)) {
          BranchLab.await("following under load", () -> load.made() > 2_000);
        }
        manager.createBranch(BranchLab.fresh("b"));
        String rows = "SELECT md5(string_agg(t::text, ',' ORDER BY id)) || count(*) FROM item t";
        try (Client client = Client.connect(manager, "b", "postgres", source.owner());
            Connection production = connect(container, superuser)) {
          assertThat(client.one(rows))
              .as("seed %d", SEED)
              .isEqualTo(Statements.column(production, rows).getFirst());
        }
        manager.deleteBranch(new BranchName("b"));
        manager.removeSource(BranchLab.SHOP);
      }
    }
  }

  /** One attempt: the library itself would try for minutes. */
  private static void requireImage(String image) throws InterruptedException {
    DockerClient docker = DockerClientFactory.lazyClient();
    try {
      docker.inspectImageCmd(image).exec();
    } catch (NotFoundException absent) {
      String[] parts = image.split(":", 2);
      try {
        docker.pullImageCmd(parts[0]).withTag(parts[1]).start().awaitCompletion();
      } catch (DockerException | DockerClientException e) {
        abort("the image " + image + " is not to be had: " + e.getMessage());
      }
    }
  }

  private static GenericContainer<?> start(String image, boolean supabase) {
    GenericContainer<?> container =
        new GenericContainer<>(
                DockerImageName.parse(image).asCompatibleSubstituteFor(image.split(":", 2)[0]))
            .withEnv("POSTGRES_PASSWORD", PASSWORD)
            .withExposedPorts(5432)
            .withStartupTimeout(Duration.ofMinutes(5));
    if (!supabase) {
      container.withCommand("postgres", "-c", "wal_level=logical", "-c", "fsync=off");
    }
    container.start();
    String superuser = supabase ? "supabase_admin" : "postgres";
    try {
      BranchLab.await("an answer of " + image, () -> answers(container, superuser));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return container;
  }

  private static boolean answers(GenericContainer<?> container, String role) {
    try (Connection session = connect(container, role)) {
      return session.isValid(10);
    } catch (SQLException e) {
      return false;
    }
  }

  private static void requireClientTools(GenericContainer<?> container, String role)
      throws SQLException {
    try (Connection session = connect(container, role)) {
      ClientTools.find(session.getMetaData().getDatabaseMajorVersion());
    } catch (SourceException e) {
      abort(e.getMessage() + " " + e.hint());
    }
  }

  private static void fill(GenericContainer<?> container, String superuser, String reader)
      throws SQLException {
    try (Connection session = connect(container, superuser)) {
      if (reader.equals("reader")) {
        Statements.run(session, "CREATE ROLE reader LOGIN REPLICATION PASSWORD '" + PASSWORD + "'");
      }
      Statements.run(
          session,
          "CREATE TABLE item (id bigserial PRIMARY KEY, name text NOT NULL, cents bigint NOT NULL)");
      Statements.run(
          session,
          "INSERT INTO item (name, cents) SELECT 'item ' || g, g FROM generate_series(1, 20000) g");
      Statements.run(session, "GRANT SELECT ON item, item_id_seq TO " + reader);
      Statements.run(session, "CREATE PUBLICATION coppice FOR TABLE item");
    }
  }

  private static AddSource followed(GenericContainer<?> container, String reader) {
    return new AddSource(
        BranchLab.SHOP,
        SourceAddress.parse(
            "postgres://%s:%s@%s:%d/postgres"
                .formatted(reader, PASSWORD, container.getHost(), container.getMappedPort(5432))),
        PullOptions.standard(),
        Optional.empty(),
        true,
        Optional.empty(),
        false);
  }

  private static Connection connect(GenericContainer<?> container, String role)
      throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d/postgres"
            .formatted(container.getHost(), container.getMappedPort(5432)),
        role,
        PASSWORD);
  }
}
