package dev.coppice.providers.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A local server that looks like a hosted one: its roles with their attributes and memberships, its
 * reserved databases, schemas, extensions, triggers and policies. What the real ones are like is
 * said in their scripts, under {@code look-alikes}.
 */
public enum LookAlike {
  RDS("rds.sql", "rdsadmin", "puller", "puller", "shop", "public.purchase"),
  SUPABASE("supabase.sql", "supabase_admin", "postgres", "project", "project", "public.todos"),
  PLANETSCALE(
      "planetscale.sql",
      "pscale_admin",
      "pspostgres.br4nch1d",
      "pscale_pw_secret",
      "shop",
      "shop.item");

  private static final String EXTENSION = "extension.sql";

  private final String script;
  private final String bootstrap;
  private final String reader;
  private final String password;
  private final String database;
  private final String table;

  LookAlike(
      String script,
      String bootstrap,
      String reader,
      String password,
      String database,
      String table) {
    this.script = script;
    this.bootstrap = bootstrap;
    this.reader = reader;
    this.password = password;
    this.database = database;
    this.table = table;
  }

  /**
   * @param settings further settings, {@code name=value}
   */
  public PostgresServer start(String... settings) {
    List<String> all = new ArrayList<>(List.of("wal_level=logical"));
    all.addAll(List.of(settings));
    PostgresServer server = PostgresServer.start(bootstrap, all.toArray(String[]::new));
    try {
      fill(server);
    } catch (RuntimeException | IOException e) {
      server.close();
      throw e instanceof IOException io ? new UncheckedIOException(io) : (RuntimeException) e;
    }
    return server;
  }

  private void fill(PostgresServer server) throws IOException {
    Path directory = Files.createTempDirectory("coppice-look-alike");
    try {
      for (String name : List.of(EXTENSION, script)) {
        Files.write(directory.resolve(name), resource(name));
      }
      Path file = directory.resolve(script);
      server.tool(
          "postgres",
          "psql",
          "-X",
          "-q",
          "-v",
          "ON_ERROR_STOP=1",
          "-o",
          "/dev/null",
          "-f",
          file.toString());
    } finally {
      PostgresServer.delete(directory);
    }
  }

  /** The role that such a service gives its customers to read with. */
  public String reader() {
    return reader;
  }

  public String password() {
    return password;
  }

  public String database() {
    return database;
  }

  /** One with some thousand rows and a primary key {@code id}. */
  public String table() {
    return table;
  }

  /**
   * What an operator there runs as a mightier role before the reader can follow; empty if the
   * reader can do it itself.
   */
  public String publication() {
    return switch (this) {
      case RDS ->
          "SET ROLE postgres;"
              + " CREATE PUBLICATION coppice FOR TABLE public.customer, public.purchase";
      case SUPABASE ->
          "CREATE PUBLICATION coppice FOR TABLE public.todos, auth.users, auth.sessions,"
              + " auth.refresh_tokens, storage.buckets, storage.objects, vault.secrets";
      case PLANETSCALE -> "";
    };
  }

  /** The tables that {@link #changes} change. */
  public List<String> followed() {
    return switch (this) {
      case RDS -> List.of("public.customer", "public.purchase");
      case SUPABASE -> List.of("public.todos", "auth.users", "auth.sessions", "storage.objects");
      case PLANETSCALE -> List.of("shop.item", "shop.stock");
    };
  }

  /** What somebody there defines; customers' statements still work afterwards. */
  public String definitions() {
    return switch (this) {
      case RDS, SUPABASE ->
          """
          SET ROLE postgres;
          ALTER TABLE %1$s ADD noted text DEFAULT 'at first';
          CREATE INDEX ON %1$s (noted);
          RESET ROLE;
          SET session_replication_role = replica;
          UPDATE %1$s SET noted = 'later' WHERE id < 10;
          RESET session_replication_role;
          SET ROLE postgres;
          ALTER TABLE %1$s RENAME noted TO remark;
          """
              .formatted(table);
      case PLANETSCALE -> "";
    };
  }

  /** Statements of customers, with {@code %1$d} for a number from 1 to 4000. */
  public List<String> changes() {
    return switch (this) {
      case RDS ->
          List.of(
              "UPDATE purchase SET cents = cents + 1 WHERE id = %1$d",
              "DELETE FROM purchase WHERE id = 4000 + %1$d",
              "UPDATE customer SET picture = aws_commons.create_s3_uri('p', '%1$d', 'eu-west-1')"
                  + " WHERE id = %1$d %% 500 + 1",
              "INSERT INTO customer (email) VALUES ('n' || %1$d || '@example.org')"
                  + " ON CONFLICT (email) DO UPDATE SET picture = NULL");
      case SUPABASE ->
          List.of(
              "UPDATE todos SET task = task || '!' WHERE id = %1$d",
              "DELETE FROM todos WHERE id > 4000 AND id %% 4000 = %1$d",
              "UPDATE auth.users SET raw_user_meta_data = '{\"n\": %1$d}'"
                  + " WHERE email = 'u' || (%1$d %% 200 + 1) || '@example.org'",
              "INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'new' || %1$d)",
              "INSERT INTO storage.objects (bucket_id, name) VALUES ('avatars', 'new/' || %1$d)",
              "INSERT INTO vault.secrets (name, secret) VALUES ('new', 'aGlkZGVu')");
      case PLANETSCALE ->
          List.of(
              "UPDATE shop.item SET cents = cents + 1 WHERE id = %1$d",
              "UPDATE shop.stock SET pieces = pieces - 1 WHERE item = %1$d",
              "INSERT INTO shop.item (name, cents) VALUES ('new', %1$d)",
              "DELETE FROM shop.stock WHERE item = 10000 + %1$d");
    };
  }

  public String url(PostgresServer server) {
    return server.url(reader, password, database);
  }

  /** Defines {@code pg_temp.extension}, which makes schemas' contents into an extension. */
  public static String extensions() {
    try {
      return new String(resource(EXTENSION), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream stream = LookAlike.class.getResourceAsStream("look-alikes/" + name)) {
      if (stream == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return stream.readAllBytes();
    }
  }
}
