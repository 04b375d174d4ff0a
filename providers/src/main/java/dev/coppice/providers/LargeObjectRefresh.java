package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Copies those large objects again that are not what they are on the source. */
final class LargeObjectRefresh {

  private static final int BATCH = 200;

  /** By their contents in pieces, since a large object may be larger than a value can be. */
  private static final String DIGESTS =
      """
      SELECT l.oid,
             (SELECT md5(string_agg(md5(lo_get(l.oid, n * 4194304, 4194304)), '' ORDER BY n))
              FROM generate_series(0::bigint, greatest(size.bytes - 1, 0) / 4194304) n) AS digest
      FROM (SELECT l.oid FROM pg_largeobject_metadata l
            WHERE l.oid > :last::oid AND (:readable) ORDER BY l.oid LIMIT :batch) l,
           LATERAL (SELECT lo_lseek64(lo_open(l.oid, 262144), 0, 2) AS bytes) size
      ORDER BY l.oid
      """;

  private final Connection source;
  private final Connection base;
  private final RateLimit rate;

  LargeObjectRefresh(Connection source, Connection base, RateLimit rate) {
    this.source = source;
    this.base = base;
    this.rate = rate;
  }

  void run() throws SQLException, InterruptedException {
    Map<Long, String> wanted = digests(source);
    Map<Long, String> present = digests(base);
    for (long oid : present.keySet()) {
      if (!wanted.containsKey(oid)) {
        Query.list(base, "SELECT lo_unlink(" + oid + ")", row -> oid);
      }
    }
    wanted.entrySet().removeIf(entry -> entry.getValue().equals(present.get(entry.getKey())));
    if (!wanted.isEmpty()) {
      new LargeObjectCopy(source, base, rate, new Fidelity()).replace(wanted.keySet());
    }
  }

  private static Map<Long, String> digests(Connection session) throws SQLException {
    Map<Long, String> digests = new LinkedHashMap<>();
    long last = 0;
    int before;
    do {
      before = digests.size();
      for (long oid :
          Query.list(
              session,
              DIGESTS
                  .replace(":last", Long.toString(last))
                  .replace(":readable", LargeObjectCopy.READABLE)
                  .replace(":batch", Integer.toString(BATCH)),
              row -> {
                digests.put(row.getLong(1), String.valueOf(row.getString(2)));
                return row.getLong(1);
              })) {
        last = oid;
      }
    } while (digests.size() == before + BATCH);
    return digests;
  }
}
