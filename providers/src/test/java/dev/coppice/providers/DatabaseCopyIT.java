package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sources whose locale this machine does not have. */
class DatabaseCopyIT {

  @AutoClose private static PostgresServer engine;

  @BeforeAll
  static void start() {
    engine = PostgresServer.start("coppice");
  }

  @Test
  void theSameLanguageByIcuStandsInForASystemLocale() throws SQLException {
    Fidelity fidelity = create(facts("swiss", "libc", "de_CH.NOT-HERE", null));

    assertThat(fidelity.notes())
        .singleElement()
        .satisfies(note -> {
          assertThat(note.kind()).isEqualTo("database");
          assertThat(note.object()).isEqualTo("swiss");
          assertThat(note.action()).isEqualTo("changed");
          assertThat(note.reason()).contains("de_CH.NOT-HERE").contains("ICU locale de-CH");
        });
    assertThat(locale("swiss")).startsWith("i ").contains("de-CH");
  }

  @Test
  void codePointsStandInForWhatNoIcuLocaleMatches() throws SQLException {
    Fidelity fidelity = create(facts("odd", "libc", "klingon.NOT-HERE", null));

    assertThat(fidelity.notes())
        .singleElement()
        .satisfies(note -> assertThat(note.reason()).contains("klingon.NOT-HERE", "C.UTF-8"));
    assertThat(locale("odd")).startsWith("c C.UTF-8");
  }

  @Test
  void aLocaleThatIsHereIsUsedInSilence() throws SQLException {
    assertThat(create(facts("plain", "libc", "C.UTF-8", null)).notes()).isEmpty();
    assertThat(create(facts("french", "icu", "C.UTF-8", "fr-FR")).notes()).isEmpty();
    assertThat(locale("french")).isEqualTo("i C.UTF-8 fr-FR");
  }

  private static Fidelity create(SourceFacts facts) throws SQLException {
    Fidelity fidelity = new Fidelity();
    try (Connection maintenance = engine.connect("template1")) {
      int major = maintenance.getMetaData().getDatabaseMajorVersion();
      new DatabaseCopy(maintenance, facts, major, fidelity).create();
    }
    return fidelity;
  }

  private static String locale(String database) throws SQLException {
    try (Connection session = engine.connect(database)) {
      boolean renamed = session.getMetaData().getDatabaseMajorVersion() >= 17;
      return Query.text(
          session,
          "SELECT concat_ws(' ', datlocprovider, datcollate, "
              + (renamed ? "datlocale" : "daticulocale")
              + ") FROM pg_database WHERE datname = current_database()");
    }
  }

  private static SourceFacts facts(
      String database,
      String provider,
      String collate,
      @org.jspecify.annotations.Nullable String locale) {
    return new SourceFacts(
        15,
        "15.1",
        "postgres",
        database,
        "coppice",
        true,
        "UTF8",
        collate,
        collate,
        provider,
        locale,
        Map.of(),
        Set.of(),
        0);
  }
}
