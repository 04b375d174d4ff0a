package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Providers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/** Tells by whom a server is hosted from the extensions and roles that it has. */
final class ProviderDetection {

  private ProviderDetection() {}

  static Provider detect(Connection connection) throws SQLException {
    return Providers.ofServer(
        names(
            connection,
            "SELECT name FROM pg_available_extensions UNION SELECT extname FROM pg_extension"),
        names(connection, "SELECT rolname FROM pg_roles"));
  }

  private static Set<String> names(Connection connection, String sql) throws SQLException {
    return Set.copyOf(Query.list(connection, sql, row -> row.getString(1)));
  }
}
