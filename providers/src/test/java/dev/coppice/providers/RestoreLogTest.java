package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestoreLogTest {

  @Test
  void namesEntryAndReason() {
    String output =
        """
        pg_restore: while PROCESSING TOC:
        pg_restore: from TOC entry 3; 3079 16385 EXTENSION vector (no owner)
        pg_restore: error: could not execute query: ERROR:  extension "vector" is not available
        DETAIL:  Could not open it.
        HINT:  Install it.
        Command was: CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;


        pg_restore: error: could not execute query: ERROR:  extension "vector" does not exist
        Command was: COMMENT ON EXTENSION vector IS 'x';
        pg_restore: from TOC entry 215; 1259 16386 FK CONSTRAINT shop orders customer_exists app
        pg_restore: error: could not execute query: ERROR:  violates
        Command was: ALTER TABLE x;
        pg_restore: warning: errors ignored on restore: 3
        """;
    assertThat(RestoreLog.failures(output))
        .containsExactly(
            new RestoreLog.Failure(
                "extension",
                "vector (no owner)",
                "extension \"vector\" is not available DETAIL:  Could not open it."
                    + " HINT:  Install it."),
            new RestoreLog.Failure(
                "extension", "vector (no owner)", "extension \"vector\" does not exist"),
            new RestoreLog.Failure("fk constraint", "shop orders customer_exists app", "violates"));
  }

  @Test
  void severalJobsTellOnlyTheCommand() {
    String output =
        """
        pg_restore: error: could not execute query: ERROR:  no operator class
        HINT:  Define one.
        Command was: CREATE INDEX by_embedding ON public.item USING hnsw (embedding);


        pg_restore: error: could not execute query: ERROR:  violates
        Command was: ALTER TABLE ONLY public.stock
            ADD CONSTRAINT stock_item_fkey FOREIGN KEY (item) REFERENCES public.item(id);
        """;
    assertThat(RestoreLog.failures(output))
        .containsExactly(
            new RestoreLog.Failure(
                "index", "by_embedding ON public.item", "no operator class HINT:  Define one."),
            new RestoreLog.Failure("constraint", "public.stock stock_item_fkey", "violates"));
  }

  @Test
  void aNewerToolsSettingIsNoFailure() {
    String output =
        """
        pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter \
        "transaction_timeout"
        Command was: SET transaction_timeout = 0;
        pg_restore: warning: errors ignored on restore: 1
        """;
    assertThat(RestoreLog.failures(output)).isEmpty();
  }

  @Test
  void databaseEntriesAreTold() {
    assertThat(TocEntry.of("; comment")).isEmpty();
    assertThat(TocEntry.of("4; 0 0 ACL - DATABASE shop app").orElseThrow().isOfDatabase()).isTrue();
    assertThat(TocEntry.of("4; 0 0 DATABASE - shop app").orElseThrow().isDatabaseItself()).isTrue();
    assertThat(
            TocEntry.of("3; 3079 5 COMMENT - EXTENSION vector ")
                .orElseThrow()
                .isOfExtension("vector"))
        .isTrue();
    assertThat(
            TocEntry.of("3; 3079 5 EXTENSION - vectorscale ").orElseThrow().isOfExtension("vector"))
        .isFalse();
  }

  @Test
  void settingsKeepListsAndQuoteTheRest() {
    assertThat(SettingStatement.of("ALTER ROLE r", "search_path=\"$user\", public"))
        .contains("ALTER ROLE r SET \"search_path\" TO \"$user\", public");
    assertThat(SettingStatement.of("ALTER ROLE r", "my.app=it's"))
        .contains("ALTER ROLE r SET \"my\".\"app\" TO 'it''s'");
    assertThat(SettingStatement.of("ALTER ROLE r", "session_preload_libraries=x")).isEmpty();
  }

  @Test
  void libcLocalesHaveAnIcuName() {
    assertThat(DatabaseCopy.icuName("en_US.UTF-8")).isEqualTo("en-US");
    assertThat(DatabaseCopy.icuName("de_DE@euro")).isEqualTo("de-DE");
    assertThat(DatabaseCopy.icuName("C.UTF-8")).isEmpty();
    assertThat(DatabaseCopy.icuName("POSIX")).isEmpty();
  }
}
