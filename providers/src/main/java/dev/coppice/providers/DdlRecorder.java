package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * What records on a source the statements that define something: an event trigger that writes each
 * into a published table, so that it arrives at its place among the changes of rows. All of it lies
 * in a schema of its own, in which the table is always empty for everybody but the stream.
 *
 * @param name of the schema, the event triggers' first part, and the publication that new tables
 *     are to join
 */
record DdlRecorder(String name) {

  /** Under this name an operator can make one beforehand. */
  static final DdlRecorder PREPARED = new DdlRecorder(Publication.PREPARED);

  static final String TABLE = "recorded_ddl";

  /** A regular expression for the schemas of such recorders. */
  static final String SCHEMAS = "^coppice(_[0-9a-f]{12})?$";

  /** Whether it is the table of some recorder, which tells of definitions and is no user's. */
  static boolean owns(TableName table) {
    return table.name().equals(TABLE) && table.schema().matches(SCHEMAS);
  }

  /**
   * Whoever's statement it is calls the function with its owner's rights, so every name in it has
   * its schema. A statement must not fail because it could not be recorded.
   */
  private static final String FUNCTION =
      """
      CREATE FUNCTION {schema}.record() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $coppice$
      DECLARE
        called text;
        setting text;
        member record;
      BEGIN
        IF pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool THEN
          RETURN;
        END IF;
        GET DIAGNOSTICS called = PG_CONTEXT;
        BEGIN
          IF tg_event OPERATOR(pg_catalog.=) 'table_rewrite' THEN
            INSERT INTO {schema}.{table} (what, kind, schema, name, detail)
            SELECT 'rewrite', tg_tag, n.nspname, c.relname,
                   pg_catalog.pg_event_trigger_table_rewrite_reason()::pg_catalog.text
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.pg_event_trigger_table_rewrite_oid();
            DELETE FROM {schema}.{table};
            RETURN;
          END IF;
          IF tg_event OPERATOR(pg_catalog.=) 'sql_drop' THEN
            INSERT INTO {schema}.{table} (what, kind, schema, name, detail)
            SELECT 'object', d.object_type, d.schema_name, d.object_identity,
                   CASE WHEN d.is_temporary THEN 'temporary' WHEN NOT d.original THEN 'dependent' END
            FROM pg_catalog.pg_event_trigger_dropped_objects() d;
          END IF;
          IF tg_event OPERATOR(pg_catalog.=) 'ddl_command_end' THEN
            FOR member IN
              SELECT c.oid::pg_catalog.regclass AS id
              FROM pg_catalog.pg_event_trigger_ddl_commands() o
              JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) o.objid
              JOIN pg_catalog.pg_publication p ON p.pubname OPERATOR(pg_catalog.=) {publication}
              WHERE o.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
                AND NOT p.puballtables AND NOT o.in_extension
                AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[])
                AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
                AND (c.relkind OPERATOR(pg_catalog.=) 'p' OR c.relreplident OPERATOR(pg_catalog.=) 'f' OR EXISTS (
                  SELECT FROM pg_catalog.pg_index i
                  WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisvalid AND i.indimmediate
                    AND CASE WHEN c.relreplident OPERATOR(pg_catalog.=) 'd' THEN i.indisprimary
                             WHEN c.relreplident OPERATOR(pg_catalog.=) 'i' THEN i.indisreplident END))
                AND NOT EXISTS (
                  SELECT FROM pg_catalog.pg_publication_rel r
                  WHERE r.prpubid OPERATOR(pg_catalog.=) p.oid AND r.prrelid OPERATOR(pg_catalog.=) c.oid)
            LOOP
              BEGIN
                EXECUTE pg_catalog.format('ALTER PUBLICATION %I ADD TABLE %s', {publication}, member.id);
                INSERT INTO {schema}.{table} (what, name) VALUES ('published', member.id);
              EXCEPTION WHEN OTHERS THEN
                RAISE LOG 'coppice: % is not followed: %', member.id, SQLERRM;
              END;
            END LOOP;
            INSERT INTO {schema}.{table} (what, kind, schema, name, detail, value)
            SELECT 'object', o.object_type, o.schema_name, o.object_identity,
                   CASE WHEN o.in_extension THEN 'extension' END,
                   pg_catalog.pg_get_userbyid(c.relowner)
            FROM pg_catalog.pg_event_trigger_ddl_commands() o
            LEFT JOIN pg_catalog.pg_class c
              ON c.oid OPERATOR(pg_catalog.=) o.objid
             AND o.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid;
            INSERT INTO {schema}.{table} (what, kind, schema, name, detail, value)
            WITH RECURSIVE touched(id) AS (
              SELECT o.objid FROM pg_catalog.pg_event_trigger_ddl_commands() o
              WHERE o.command_tag OPERATOR(pg_catalog.=) 'ALTER TABLE'
                AND o.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
              UNION
              SELECT i.inhrelid FROM pg_catalog.pg_inherits i
              JOIN touched ON touched.id OPERATOR(pg_catalog.=) i.inhparent)
            SELECT 'missing', pg_catalog.format_type(a.atttypid, a.atttypmod), n.nspname, c.relname,
                   a.attname, a.attmissingval::pg_catalog.text
            FROM touched
            JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) touched.id
            JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
            WHERE a.atthasmissing AND NOT a.attisdropped;
          END IF;
          FOREACH setting IN ARRAY ARRAY['search_path', 'TimeZone', 'DateStyle', 'IntervalStyle',
                                         'standard_conforming_strings', 'role'] LOOP
            INSERT INTO {schema}.{table} (what, name, value)
            VALUES ('setting', setting, pg_catalog.current_setting(setting));
          END LOOP;
          INSERT INTO {schema}.{table} (what, name, value)
          SELECT 'role', r.rolname, r.rolsuper::pg_catalog.text FROM pg_catalog.pg_roles r
          WHERE r.rolname OPERATOR(pg_catalog.=)
            CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user
              ELSE pg_catalog.current_setting('role')::pg_catalog.name END;
          INSERT INTO {schema}.{table} (what, kind, name, schema, detail, value)
          VALUES ('statement', tg_tag, tg_event, pg_catalog.statement_timestamp()::pg_catalog.text,
                  called, pg_catalog.current_query());
          DELETE FROM {schema}.{table};
        EXCEPTION WHEN OTHERS THEN
          RAISE LOG 'coppice: a statement could not be recorded: %', SQLERRM;
        END;
      END
      $coppice$;
      """;

  private static final String REST =
      """
      CREATE EVENT TRIGGER {schema}_end ON ddl_command_end EXECUTE FUNCTION {schema}.record();
      CREATE EVENT TRIGGER {schema}_drop ON sql_drop EXECUTE FUNCTION {schema}.record();
      CREATE EVENT TRIGGER {schema}_rewrite ON table_rewrite EXECUTE FUNCTION {schema}.record();
      CREATE EVENT TRIGGER {schema}_start ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS')
        EXECUTE FUNCTION {schema}.record();
      ALTER EVENT TRIGGER {schema}_end ENABLE ALWAYS;
      ALTER EVENT TRIGGER {schema}_drop ENABLE ALWAYS;
      ALTER EVENT TRIGGER {schema}_rewrite ENABLE ALWAYS;
      ALTER EVENT TRIGGER {schema}_start ENABLE ALWAYS;
      """;

  private static final String TABLES =
      """
      CREATE SCHEMA {schema};
      CREATE TABLE {schema}.{table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        what text, kind text, schema text, name text, detail text, value text);
      """;

  DdlRecorder {
    if (!name.matches("[a-z0-9_]{1,50}")) {
      throw new IllegalArgumentException("not the name of a recorder: " + name);
    }
  }

  /** The statements that make it. */
  String sql() {
    return (TABLES + FUNCTION + REST)
        .replace("{schema}", name)
        .replace("{table}", TABLE)
        .replace("{publication}", SqlText.literal(name));
  }

  /** Whether one is there that works. */
  boolean present(Connection source) throws SQLException {
    return Query.first(
            source,
            """
            SELECT 1 FROM pg_event_trigger t
            JOIN pg_proc p ON p.oid = t.evtfoid
            JOIN pg_namespace n ON n.oid = p.pronamespace
            JOIN pg_class c ON c.relnamespace = n.oid
            WHERE t.evtname = %s AND t.evtenabled IN ('O', 'A') AND n.nspname = %s
              AND c.relname = %s
            """
                .formatted(
                    SqlText.literal(name + "_end"), SqlText.literal(name), SqlText.literal(TABLE)),
            row -> 1)
        .isPresent();
  }

  /** All of it or nothing. */
  void create(Connection source) throws SQLException {
    Query.run(source, "BEGIN");
    try {
      Query.run(source, sql());
      Query.run(source, "COMMIT");
    } catch (SQLException e) {
      Query.run(source, "ROLLBACK");
      throw e;
    }
  }

  void drop(Connection source) throws SQLException {
    // The event triggers go with their function.
    Query.run(source, "DROP SCHEMA IF EXISTS " + SqlText.identifier(name) + " CASCADE");
  }

  /** Whether the stream of that publication has what it records. */
  boolean publishedBy(Connection source, String publication) throws SQLException {
    return Publication.tables(source, publication).contains(SqlText.identifier(name, TABLE));
  }

  /** The statement that has its table join that publication. */
  String publishing(String publication) {
    return "ALTER PUBLICATION %s ADD TABLE %s"
        .formatted(SqlText.identifier(publication), SqlText.identifier(name, TABLE));
  }

  /** The one that is there, else a new one if that was wished for. */
  static Optional<DdlRecorder> settle(Connection source, FollowWish wish) throws SQLException {
    if (PREPARED.present(source)) {
      return Optional.of(PREPARED);
    }
    if (!wish.recordDdl()) {
      return Optional.empty();
    }
    DdlRecorder own = new DdlRecorder(wish.slot());
    own.create(source);
    return Optional.of(own);
  }
}
