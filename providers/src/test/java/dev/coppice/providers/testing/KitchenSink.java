package dev.coppice.providers.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;

/**
 * A database that holds every kind of object, and hundreds of tables: {@code sink}, owned by {@code
 * sink_owner}. Role {@code sink_reader} (password {@code reader}) may read all of it and nothing
 * else.
 */
public final class KitchenSink {

  public static final String DATABASE = "sink";
  public static final String READER = "sink_reader";
  public static final String READER_PASSWORD = "reader";

  private static final int BULK_TABLES = 320;

  private static final String ROLES =
      """
      CREATE ROLE sink_owner LOGIN CREATEDB PASSWORD 'not to be copied';
      CREATE ROLE sink_group NOLOGIN;
      CREATE ROLE sink_app LOGIN CONNECTION LIMIT 20 VALID UNTIL '2099-01-01' IN ROLE sink_group;
      CREATE ROLE "Mixed Role" NOINHERIT CREATEROLE;
      CREATE ROLE sink_reader LOGIN BYPASSRLS PASSWORD 'reader';
      CREATE ROLE sink_super SUPERUSER REPLICATION;
      GRANT sink_group TO "Mixed Role" WITH ADMIN OPTION;
      GRANT pg_monitor TO sink_app;
      ALTER ROLE sink_app SET search_path = shop, "Mixed Case";
      ALTER ROLE sink_app SET myapp.tenant = 'it''s 7';
      COMMENT ON ROLE sink_app IS 'the application''s role';
      """;

  private static final String GRANTS =
      """
      DO $$
      DECLARE schema name;
      BEGIN
        FOR schema IN SELECT nspname FROM pg_namespace
                      WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
          EXECUTE format('GRANT USAGE ON SCHEMA %I TO sink_reader', schema);
          EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO sink_reader', schema);
          EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO sink_reader', schema);
        END LOOP;
      END $$;
      GRANT SELECT ON LARGE OBJECT 70001, 70002, 70003 TO sink_reader;
      """;

  private KitchenSink() {}

  /** Fills that server; the seed decides what the many small tables look like. */
  public static void create(PostgresServer server, long seed) throws SQLException {
    server.execute("postgres", ROLES);
    server.execute("postgres", "CREATE DATABASE sink OWNER sink_owner");
    for (String part : List.of("1-types.sql", "2-tables.sql", "3-objects.sql")) {
      server.script(DATABASE, resource("kitchen-sink/" + part));
    }
    server.script(DATABASE, bulk(new Random(seed)));
    server.script(DATABASE, GRANTS);
  }

  /** Many small tables that refer to each other. */
  private static String bulk(Random random) {
    List<String> types =
        List.of("integer", "text", "numeric(10,2)", "jsonb", "timestamptz", "uuid", "shop.mood");
    StringBuilder sql = new StringBuilder("SET ROLE sink_owner;\n");
    for (int i = 0; i < BULK_TABLES; i++) {
      sql.append("CREATE TABLE bulk.t").append(i).append(" (id serial PRIMARY KEY");
      int columns = 1 + random.nextInt(6);
      for (int c = 0; c < columns; c++) {
        String type = types.get(random.nextInt(types.size()));
        sql.append(", c").append(c).append(' ').append(type);
      }
      if (i > 0 && random.nextInt(3) == 0) {
        sql.append(", parent integer REFERENCES bulk.t").append(random.nextInt(i));
      }
      sql.append(");\n");
      if (random.nextInt(4) > 0) {
        sql.append("INSERT INTO bulk.t").append(i).append(" (id) SELECT nextval('bulk.t");
        sql.append(i).append("_id_seq') FROM generate_series(1, ");
        sql.append(random.nextInt(200)).append(");\n");
      }
      if (random.nextInt(3) == 0) {
        sql.append("CREATE INDEX ON bulk.t").append(i).append(" (c0);\n");
      }
    }
    return sql.append("RESET ROLE;\n").toString();
  }

  private static String resource(String name) {
    try (InputStream stream = KitchenSink.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
