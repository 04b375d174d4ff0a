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
