package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import liquibase.Liquibase;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.LiquibaseException;
import liquibase.resource.DirectoryResourceAccessor;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.util.PSQLException;

/** Programs on PgJDBC that migrate a branch, and databases derived on it. */
@ExtendWith(LeakGuard.class)
class MigrationsIT {

  private static final Refusal RESET =
      new Refusal("branch_reset", "57P01", "branch \"pr-1\" is being reset", "Connect again.");

  @RegisterExtension static final SharedProxy PROXY = new SharedProxy(MigrationsIT::start);

  private static ProxyFixture start(Path directory) {
    ProxyFixture fixture = new ProxyFixture(directory);
    fixture.engine.sql("ALTER ROLE app CREATEDB");
    fixture.engine.sql("shop", "GRANT CREATE ON SCHEMA public TO app");
    return fixture;
  }

  private static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  private void create(String database) throws SQLException {
    try (Connection connection = PROXY.fixture().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + database);
    }
  }

  @Test
  void flywayMigratesAndIsThereAgainAfterAReset(@TempDir Path scripts)
      throws SQLException, IOException {
    Files.writeString(scripts.resolve("V1__items.sql"), "CREATE TABLE flown (id int);");
    Files.writeString(scripts.resolve("V2__more.sql"), "INSERT INTO flown VALUES (1), (2);");
    Files.writeString(scripts.resolve("V3__index.sql"), "CREATE INDEX ON flown (id);");
    create("flown_here");
    for (String database : new String[] {"shop", "flown_here"}) {
      Flyway flyway =
          Flyway.configure()
              .dataSource(PROXY.fixture().url(database), "app.pr-1", TestBranches.PASSWORD)
              .locations("filesystem:" + scripts)
              .load();
      assertThat(flyway.migrate().migrationsExecuted).isEqualTo(3);
      assertThat(flyway.validateWithResult().validationSuccessful).isTrue();
      PROXY.fixture().reset(RESET);
      assertThat(flyway.migrate().migrationsExecuted).isZero();
      try (Connection connection = PROXY.fixture().connectTo(database)) {
        assertThat(one(connection, "SELECT count(*) FROM flown")).isEqualTo("2");
      }
    }
  }

  @Test
  void liquibaseUpdatesAndRollsBack(@TempDir Path scripts)
      throws SQLException, IOException, LiquibaseException {
    Files.writeString(
        scripts.resolve("changes.sql"),
        """
        --liquibase formatted sql
        --changeset ada:1
        CREATE TABLE liquid (id int);
        --rollback DROP TABLE liquid;
        --changeset ada:2
        INSERT INTO liquid VALUES (1), (2);
        --rollback DELETE FROM liquid;
        """);
    create("liquid_here");
    for (String database : new String[] {"shop", "liquid_here"}) {
      try (Liquibase liquibase = liquibase(scripts, database)) {
        liquibase.update("");
        try (Connection connection = PROXY.fixture().connectTo(database)) {
          assertThat(one(connection, "SELECT count(*) FROM liquid")).isEqualTo("2");
        }
        liquibase.rollback(2, "");
      }
      try (Connection connection = PROXY.fixture().connectTo(database)) {
        assertThat(one(connection, "SELECT to_regclass('liquid') IS NULL")).isEqualTo("t");
      }
    }
  }

  private Liquibase liquibase(Path scripts, String database)
      throws SQLException, IOException, LiquibaseException {
    return new Liquibase(
        "changes.sql",
        new DirectoryResourceAccessor(scripts),
        DatabaseFactory.getInstance()
            .findCorrectDatabaseImplementation(
                new JdbcConnection(PROXY.fixture().connectTo(database))));
  }

  @Test
  void aConnectionThatWasOpenIsToldAndTheNextIsGood() throws SQLException {
    try (Connection connection = PROXY.fixture().connect()) {
      assertThat(one(connection, "SELECT 1")).isEqualTo("1");
      PROXY.fixture().reset(RESET);
      assertThatThrownBy(() -> one(connection, "SELECT 1"))
          .isInstanceOfSatisfying(
              PSQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P01"))
          .hasMessageContaining(RESET.message());
    }
    try (Connection connection = PROXY.fixture().connect()) {
      assertThat(one(connection, "SELECT 1")).isEqualTo("1");
    }
  }
}
