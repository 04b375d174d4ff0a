package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.testing.LookAlike;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Extensions that only the source has. They are made up from rows of its catalogues. */
class MissingExtensionIT {

  private static final String NETWORK =
      """
      CREATE SCHEMA net;
      CREATE FUNCTION net.call(text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION net.send(text) RETURNS bigint LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
      CREATE FUNCTION net.sent(OUT id bigint, OUT at timestamptz) RETURNS SETOF record
        LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
      CREATE FUNCTION net.digest(text) RETURNS text IMMUTABLE STRICT
        LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
      CREATE FUNCTION net.watch() RETURNS event_trigger LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
      CREATE PROCEDURE net.reset() LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
      CREATE TYPE net.answer AS (status integer, body text);
      CREATE TYPE net.mood AS ENUM ('open', 'it''s shut');
      CREATE TABLE net.queue (id serial PRIMARY KEY, mood net.mood DEFAULT 'open', request text);
      INSERT INTO net.queue (request) VALUES ('first');
      SELECT pg_temp.extension('far_net', '9.9', 'public', '{net}', '{net.queue}');
      GRANT USAGE ON SCHEMA net TO PUBLIC;
      GRANT EXECUTE ON FUNCTION net.call(text) TO pg_monitor;
      CREATE FUNCTION public.notify() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN PERFORM net.send('x'); RETURN NEW; END $$;
      CREATE TABLE public.plain AS SELECT g FROM generate_series(1, 10) g;
      ALTER TABLE public.plain ADD CONSTRAINT known CHECK (g > 0 OR net.digest(g::text) = 'x');
      CREATE TRIGGER calls BEFORE INSERT ON public.plain FOR EACH ROW EXECUTE FUNCTION public.notify();
      CREATE TABLE answers AS SELECT g AS id, (200, 'fine')::net.answer AS answer FROM generate_series(1, 10) g;
      """;

  /** As a library would define them, one with a number as its modifier and one with more. */
  private static final String VECTORS =
      """
      CREATE SCHEMA lib;
      CREATE TYPE lib.vector;
      CREATE FUNCTION lib.vector_in(cstring) RETURNS lib.vector LANGUAGE internal IMMUTABLE STRICT AS 'textin';
      CREATE FUNCTION lib.vector_out(lib.vector) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
      CREATE FUNCTION lib.mod_in(cstring[]) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin';
      CREATE FUNCTION lib.mod_out(integer) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
      CREATE TYPE lib.vector (INPUT = lib.vector_in, OUTPUT = lib.vector_out, TYPMOD_IN = lib.mod_in,
        TYPMOD_OUT = lib.mod_out, LIKE = text);
      CREATE TYPE lib.geometry;
      CREATE FUNCTION lib.geometry_in(cstring) RETURNS lib.geometry LANGUAGE internal IMMUTABLE STRICT AS 'textin';
      CREATE FUNCTION lib.geometry_out(lib.geometry) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
      CREATE FUNCTION lib.pair_in(cstring[]) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'numerictypmodin';
      CREATE FUNCTION lib.pair_out(integer) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'numerictypmodout';
      CREATE TYPE lib.geometry (INPUT = lib.geometry_in, OUTPUT = lib.geometry_out, TYPMOD_IN = lib.pair_in,
        TYPMOD_OUT = lib.pair_out, LIKE = text);
      CREATE FUNCTION lib.compare(lib.vector, lib.vector) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'byteacmp';
      CREATE FUNCTION lib.less(lib.vector, lib.vector) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bytealt';
      CREATE OPERATOR lib.< (FUNCTION = lib.less, LEFTARG = lib.vector, RIGHTARG = lib.vector);
      CREATE OPERATOR CLASS lib.vector_ops DEFAULT FOR TYPE lib.vector USING btree AS
        OPERATOR 1 lib.<, FUNCTION 1 lib.compare(lib.vector, lib.vector);
      SELECT pg_temp.extension('vector', '0.8.1', 'public', '{lib}');
      CREATE TABLE item (id integer PRIMARY KEY, embedding lib.vector(3), more lib.vector[]);
      INSERT INTO item VALUES (1, '[1,2,3]', '{"[1]","[2,3]"}'), (2, NULL, NULL), (3, E'\\\\,\t"', '{}');
      CREATE TABLE place (id integer, at lib.geometry(10,2));
      INSERT INTO place VALUES (1, '0101000000');
      CREATE INDEX by_embedding ON item (embedding);
      """;

  private static final String GENERATED =
      """
      CREATE FUNCTION net.length(text) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'textlen';
      CREATE TABLE hashes (word text, hashed integer GENERATED ALWAYS AS (net.length(word)) STORED);
      SET allow_system_table_mods = on;
      INSERT INTO pg_depend SELECT 'pg_proc'::regclass, 'net.length(text)'::regprocedure, 0,
        'pg_extension'::regclass, oid, 0, 'e' FROM pg_extension WHERE extname = 'far_net';
      """;

  @AutoClose private static PostgresServer source;
  @AutoClose private static PostgresServer engine;

  @BeforeAll
  static void start() throws SQLException {
    source = PostgresServer.start("postgres");
    engine = PostgresServer.start("coppice");
    for (String database : new String[] {"network", "typed", "refused", "generated"}) {
      source.execute("postgres", "CREATE DATABASE " + database);
    }
    source.script("network", LookAlike.extensions() + NETWORK);
    source.script("refused", LookAlike.extensions() + VECTORS);
    source.script("typed", LookAlike.extensions() + VECTORS);
    source.script("generated", LookAlike.extensions() + NETWORK + GENERATED);
  }

  @Test
  void whatSqlDefinesIsMadeAgainAndTheRestStandsInForIt() throws SQLException {
    PullReport report = pull("network", new PullOptions(2));

    assertThat(report.rows()).isEqualTo(21);
    assertThat(report.fidelity())
        .anySatisfy(note -> {
          assertThat(note.kind()).isEqualTo("extension");
          assertThat(note.object()).isEqualTo("far_net 9.9");
          assertThat(note.action()).isEqualTo("replaced");
          assertThat(note.reason()).contains("function 1", "stub 5", "table 1", "type 2");
        })
        .anySatisfy(note -> assertThat(note.kind()).isEqualTo("check constraint"));
    try (Connection session = engine.connect("network")) {
      assertThat(Query.text(session, "SELECT net.call('x')")).isEqualTo("1");
      assertThat(Query.text(session, "SELECT answer FROM answers WHERE id = 1"))
          .isEqualTo("(200,fine)");
      assertThat(Query.text(session, "SELECT count(*) FROM net.queue")).isEqualTo("1");
      assertThat(Query.text(session, "SELECT net.send('x') IS NULL")).isEqualTo("t");
      assertThat(Query.text(session, "SELECT count(*) FROM net.sent()")).isEqualTo("0");
      Query.run(session, "INSERT INTO plain VALUES (11)");
      assertThatThrownBy(() -> Query.text(session, "SELECT net.digest('x')"))
          .hasMessageContaining("net.digest belongs to extension far_net");
      assertThat(
              Query.text(
                  session,
                  "SELECT has_function_privilege('pg_monitor', 'net.call(text)', 'EXECUTE')"))
          .isEqualTo("t");
    }
  }

  @Test
  void aTypeThatOnlyItsLibraryReadsStopsThePullBeforeItStarts() {
    SourceException e =
        catchThrowableOfType(SourceException.class, () -> pull("refused", new PullOptions(2)));

    assertThat(e.failure()).isEqualTo(SourceFailure.PREFLIGHT_FAILED);
    assertThat(e).hasMessageContaining("vector").hasMessageContaining("column embedding");
    assertThat(e.hint()).contains("postgresql-", "-pgvector", "--stub-types");
    assertThat(engine.tool("postgres", "psql", "-XAtc", "SELECT datname FROM pg_database"))
        .doesNotContain("\nrefused\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"timescaledb", "citus", "orioledb"})
  void oneThatKeepsTablesItsOwnWayIsRefused(String extension) throws SQLException {
    source.execute("postgres", "CREATE DATABASE " + extension);
    source.script(
        extension,
        LookAlike.extensions()
            + "CREATE SCHEMA lib; SELECT pg_temp.extension('%s', '2.0', 'public', '{lib}');"
                .formatted(extension));
    Source asked = Source.at(SourceAddress.parse(source.superuserUrl(extension)));

    SourceException e =
        catchThrowableOfType(SourceException.class, () -> pull(extension, new PullOptions(2)));

    assertThat(asked.check().passed()).isFalse();
    assertThat(e.failure()).isEqualTo(SourceFailure.PREFLIGHT_FAILED);
    assertThat(e).hasMessageContaining(extension);
  }

  @Test
  void stubTypesKeepItsValuesAsText() throws SQLException {
    PullReport report = pull("typed", new PullOptions(2).withStubTypes(true));

    assertThat(report.fidelity())
        .anySatisfy(note -> {
          assertThat(note.kind()).isEqualTo("type");
          assertThat(note.object()).isEqualTo("lib.vector");
        })
        .anySatisfy(note -> assertThat(note.kind()).isEqualTo("index"));
    String types =
        "SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attrelid::regclass::text,"
            + " attnum) FROM pg_attribute WHERE attrelid IN ('item'::regclass, 'place'::regclass)"
            + " AND attnum > 0";
    String rows = "SELECT string_agg(i::text, ' ' ORDER BY id) FROM item i";
    try (Connection here = engine.connect("typed");
        Connection there = source.connect("typed")) {
      assertThat(Query.text(here, rows)).isEqualTo(Query.text(there, rows));
      assertThat(Query.text(here, types))
          .isEqualTo("integer lib.vector(3) lib.vector[] integer lib.geometry");
    }
  }

  @Test
  void whatItWouldHaveGeneratedStopsThePull() {
    SourceException e =
        catchThrowableOfType(SourceException.class, () -> pull("generated", new PullOptions(2)));

    assertThat(e).hasMessageContaining("net.length").hasMessageContaining("hashed");
  }

  private static PullReport pull(String database, PullOptions options) {
    return Source.at(SourceAddress.parse(source.superuserUrl(database)))
        .pull(
            new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
            options,
            event -> {});
  }
}
