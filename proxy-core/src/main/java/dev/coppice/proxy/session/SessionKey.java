package dev.coppice.proxy.session;

import java.util.Map;

/**
 * Sessions that were begun alike: by the same engine, with the same startup parameters to the byte.
 *
 * @param engine as of {@link dev.coppice.proxy.EngineEndpoint#engine}
 */
record SessionKey(Object engine, Map<String, String> parameters) {

  /** A walsender's session is another thing. */
  boolean isOrdinary() {
    return !parameters.containsKey("replication");
  }
}
