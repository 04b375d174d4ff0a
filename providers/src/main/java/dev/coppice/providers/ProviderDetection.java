package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells by whom a source is hosted, from its host name, else from the roles it has. */
final class ProviderDetection {

  private static final Map<String, String> SUFFIXES = new LinkedHashMap<>();
  private static final Map<String, String> ROLES = new LinkedHashMap<>();

  static {
    SUFFIXES.put(".rds.amazonaws.com", "rds");
    SUFFIXES.put(".supabase.co", "supabase");
    SUFFIXES.put(".supabase.com", "supabase");
    SUFFIXES.put(".psdb.cloud", "planetscale");
    SUFFIXES.put(".neon.tech", "neon");
    SUFFIXES.put(".postgres.database.azure.com", "azure");
    ROLES.put("rds_superuser", "rds");
    ROLES.put("supabase_admin", "supabase");
    ROLES.put("pscale_superuser", "planetscale");
    ROLES.put("neon_superuser", "neon");
    ROLES.put("cloudsqlsuperuser", "cloudsql");
    ROLES.put("azure_pg_admin", "azure");
  }

  private ProviderDetection() {}

  static String detect(Connection connection, ConnectionUrl url) throws SQLException {
    for (Map.Entry<String, String> suffix : SUFFIXES.entrySet()) {
      if (url.host().endsWith(suffix.getKey())) {
        return suffix.getValue();
      }
    }
    List<String> roles =
        Query.list(connection, "SELECT rolname FROM pg_roles", row -> row.getString(1));
    for (Map.Entry<String, String> role : ROLES.entrySet()) {
      if (roles.contains(role.getKey())) {
        return role.getValue();
      }
    }
    return "postgres";
  }
}
