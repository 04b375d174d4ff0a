package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/** Reads a source's {@link SourceFacts}. */
final class FactsReader {

  private FactsReader() {}

  static SourceFacts read(
      Connection connection, ConnectionUrl url, Provider provider, PullScope scope)
      throws SQLException, IOException, InterruptedException {
    int number = Integer.parseInt(Query.text(connection, "SHOW server_version_num"));
    int major = number / 10_000;
    String locale = major >= 17 ? "d.datlocale" : major >= 15 ? "d.daticulocale" : "NULL::text";
    String localeProvider = major >= 15 ? "d.datlocprovider::text" : "'c'";
    Map<String, String> settings = SettingsReader.read(url, major, scope);
    Set<String> extensions =
        Set.copyOf(
            Query.list(connection, "SELECT extname FROM pg_extension", row -> row.getString(1)));
    return Query.first(
            connection,
            """
            SELECT current_setting('server_version') AS version, current_database() AS database,
                   pg_get_userbyid(d.datdba) AS owner,
                   (SELECT rolsuper FROM pg_roles r WHERE r.oid = d.datdba) AS ownersuper,
                   pg_encoding_to_char(d.encoding) AS encoding, d.datcollate, d.datctype,
                   %s AS localeprovider, %s AS locale, pg_database_size(d.oid) AS bytes
            FROM pg_database d WHERE d.datname = current_database()
            """
                .formatted(localeProvider, locale),
            row ->
                new SourceFacts(
                    major,
                    row.getString("version"),
                    provider.name(),
                    row.getString("database"),
                    row.getString("owner"),
                    row.getBoolean("ownersuper"),
                    row.getString("encoding"),
                    row.getString("datcollate"),
                    row.getString("datctype"),
                    localeProvider(row.getString("localeprovider")),
                    row.getString("locale"),
                    settings,
                    extensions,
                    row.getLong("bytes")))
        .orElseThrow(() -> new SQLException("the source does not list its own database"));
  }

  private static String localeProvider(String code) {
    return switch (code) {
      case "c" -> "libc";
      case "i" -> "icu";
      case "b" -> "builtin";
      default -> throw new IllegalStateException("unknown locale provider " + code);
    };
  }
}
