package dev.coppice.providers;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a source says of itself.
 *
 * @param major the major version of its server, 15 for example
 * @param owner the role that owns the database
 * @param ownerIsSuperuser whether that role is a superuser there
 * @param encoding the database's encoding, {@code UTF8} for example
 * @param localeProvider {@code libc}, {@code icu} or {@code builtin}
 * @param locale the ICU or builtin locale, absent for libc
 * @param settings settings that change planning or behaviour and differ from the default, by name
 * @param extensions those created in the database, by name
 * @param databaseBytes {@code pg_database_size}
 */
public record SourceFacts(
    int major,
    String version,
    String provider,
    String database,
    String owner,
    boolean ownerIsSuperuser,
    String encoding,
    String collate,
    String ctype,
    String localeProvider,
    @Nullable String locale,
    Map<String, String> settings,
    Set<String> extensions,
    long databaseBytes) {

  public SourceFacts {
    settings = Map.copyOf(settings);
    extensions = Set.copyOf(extensions);
  }
}
