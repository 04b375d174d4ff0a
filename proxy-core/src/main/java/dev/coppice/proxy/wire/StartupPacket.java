package dev.coppice.proxy.wire;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a client may say first. */
public sealed interface StartupPacket {

  /** Protocol version 3.0, major in the upper half. */
  int PROTOCOL_3_0 = 3 << 16;

  /** The newest minor version that the proxy speaks: that of long cancel keys. */
  int NEWEST_MINOR = 2;

  /** SSLRequest. */
  record TlsRequest() implements StartupPacket {}

  /** GSSENCRequest. */
  record GssRequest() implements StartupPacket {}

  /** CancelRequest. */
  record CancelRequest(CancelKey key) implements StartupPacket {}

  /**
   * StartupMessage of protocol 3. The client's encoding is not known yet, so names and values are
   * kept as the bytes they were, one character for each (ISO 8859-1).
   *
   * @param minorVersion 0 for protocol 3.0
   * @param parameters in the client's order; of a name given twice, the last value
   * @param protocolOptions names of the {@code _pq_.} options, which are no parameters
   */
  record StartupMessage(
      int minorVersion, Map<String, String> parameters, List<String> protocolOptions)
      implements StartupPacket {

    public StartupMessage {
      parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
      protocolOptions = List.copyOf(protocolOptions);
    }

    /** Without protocol options. */
    public StartupMessage(int minorVersion, Map<String, String> parameters) {
      this(minorVersion, parameters, List.of());
    }

    /** The minor version that will be spoken. */
    public int agreedMinor() {
      return Math.min(minorVersion, NEWEST_MINOR);
    }
  }
}
