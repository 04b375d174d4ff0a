package dev.coppice.proxy.route;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where a client wants to go.
 *
 * @param branch the branch's name
 * @param role the role, the branch's name removed
 * @param database the database, if the client named one
 * @param settings the client's remaining startup parameters for the engine, in its order; bytes,
 *     one character for each
 */
public record Route(
    String branch, String role, Optional<String> database, Map<String, String> settings) {

  public Route {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /** The StartupMessage's parameters for the engine. */
  public Map<String, String> engineParameters(String defaultDatabase) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("user", WireText.encode(role));
    parameters.put("database", WireText.encode(database.orElse(defaultDatabase)));
    parameters.putAll(settings);
    return parameters;
  }
}
