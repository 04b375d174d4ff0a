package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.testing.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Extensions that only the source has. They are made up from rows of its catalogues. */
class MissingExtensionIT {

  @AutoClose private static PostgresServer source;
  @AutoClose private static PostgresServer engine;

  @BeforeAll
  static void start() throws SQLException {
    source = PostgresServer.start("postgres");
    engine = PostgresServer.start("coppice");
    for (String database : new String[] {"unused", "used"}) {
      source.execute("postgres", "CREATE DATABASE " + database);
      source.script(
          database,
          """
          SET allow_system_table_mods = on;
          CREATE SCHEMA net;
          CREATE FUNCTION net.call(text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
          CREATE TYPE net.answer AS (status integer, body text);
          GRANT USAGE ON SCHEMA net TO PUBLIC;
          GRANT EXECUTE ON FUNCTION net.call(text) TO pg_monitor;
          CREATE TABLE net.queue AS SELECT 'secret' AS request;
          INSERT INTO pg_extension VALUES
            (70000, 'far_net', 10, 'public'::regnamespace, false, '9.9',
             ARRAY['net.queue'::regclass::oid], ARRAY['']);
          INSERT INTO pg_depend
          SELECT classid, objid, 0, 'pg_extension'::regclass, 70000, 0, 'e' FROM (VALUES
            ('pg_namespace'::regclass, 'net'::regnamespace::oid),
            ('pg_proc'::regclass, 'net.call(text)'::regprocedure::oid),
            ('pg_type'::regclass, 'net.answer'::regtype::oid),
            ('pg_class'::regclass, 'net.queue'::regclass::oid)) members(classid, objid);
          CREATE FUNCTION public.notify() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN PERFORM net.call('x'); RETURN NEW; END $$;
          CREATE TABLE public.plain AS SELECT g FROM generate_series(1, 10) g;
          CREATE TRIGGER calls BEFORE INSERT ON public.plain FOR EACH ROW
            EXECUTE FUNCTION public.notify();
          """);
    }
    source.execute("used", "CREATE TABLE answers (id integer, answer net.answer)");
  }

  @Test
  void isLeftOutWhereNothingDependsOnIt() {
    PullReport report = pull("unused");

    assertThat(report.rows()).isEqualTo(10);
    assertThat(report.fidelity())
        .anySatisfy(note -> {
          assertThat(note.kind()).isEqualTo("extension");
          assertThat(note.object()).isEqualTo("far_net");
          assertThat(note.action()).isEqualTo("dropped");
        });
    assertThat(engine.tool("unused", "psql", "-XAtc", "SELECT count(*) FROM public.plain"))
        .isEqualTo("10\n");
  }

  @Test
  void stopsThePullBeforeItStartsWhereSomethingDoes() {
    SourceException e = catchThrowableOfType(SourceException.class, () -> pull("used"));

    assertThat(e.failure()).isEqualTo(SourceFailure.PREFLIGHT_FAILED);
    assertThat(e).hasMessageContaining("far_net").hasMessageContaining("answers");
    assertThat(e.hint()).contains("postgresql-");
    assertThat(engine.tool("postgres", "psql", "-XAtc", "SELECT datname FROM pg_database"))
        .doesNotContain("\nused\n");
  }

  private static PullReport pull(String database) {
    return Source.at(SourceAddress.parse(source.superuserUrl(database)))
        .pull(
            new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
            new PullOptions(2),
            event -> {});
  }
}
