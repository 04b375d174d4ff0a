package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Copies those large objects again that are not what they are on the source. To know them, all of
 * them are read there, within the rate that the source has been given.
 */
final class LargeObjectRefresh {

  private static final int BATCH = 1000;
  private static final long PIECE_BYTES = 4 * 1024 * 1024;

  /** What one statement reads: far less than any {@code statement_timeout} leaves time for. */
  private static final long STATEMENT_BYTES = 16 * 1024 * 1024;

  private static final String SIZES =
      """
      SELECT l.oid, lo_lseek64(lo_open(l.oid, 262144), 0, 2) AS bytes
      FROM (SELECT l.oid FROM pg_largeobject_metadata l
            WHERE l.oid > :last::oid AND (:readable) ORDER BY l.oid LIMIT :batch) l
      ORDER BY l.oid
      """;

  private static final String DIGESTS =
      """
      SELECT l.oid, md5(lo_get(l.oid, piece.place, :bytes)) AS digest
      FROM (VALUES :pieces) AS piece(oid, place)
      JOIN pg_largeobject_metadata l ON l.oid = piece.oid
      ORDER BY l.oid, piece.place
      """;

  private record Sized(long oid, long bytes) {}

  private record Piece(long oid, long place, long bytes) {
    String values() {
      return "(" + oid + "::oid, " + place + "::bigint)";
    }
  }

  private final Connection source;
  private final Connection base;
  private final RateLimit rate;

  LargeObjectRefresh(Connection source, Connection base, RateLimit rate) {
    this.source = source;
    this.base = base;
    this.rate = rate;
  }

  void run() throws SQLException, InterruptedException {
    Map<Long, String> wanted = digests(source, rate::pass);
    Map<Long, String> present = digests(base, bytes -> {});
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

  @FunctionalInterface
  private interface Pace {
    void pass(long bytes) throws InterruptedException;
  }

  private static Map<Long, String> digests(Connection session, Pace pace)
      throws SQLException, InterruptedException {
    Map<Long, String> digests = new LinkedHashMap<>();
    List<Sized> batch = sizes(session, 0);
    while (!batch.isEmpty()) {
      for (List<Piece> pieces : statements(batch)) {
        pace.pass(pieces.stream().mapToLong(Piece::bytes).sum());
        digest(session, pieces, digests);
      }
      batch = sizes(session, batch.getLast().oid);
    }
    return digests;
  }

  private static List<Sized> sizes(Connection session, long after) throws SQLException {
    return Query.list(
        session,
        SIZES
            .replace(":last", Long.toString(after))
            .replace(":readable", LargeObjectCopy.READABLE)
            .replace(":batch", Integer.toString(BATCH)),
        row -> new Sized(row.getLong("oid"), row.getLong("bytes")));
  }

  private static List<List<Piece>> statements(List<Sized> objects) {
    List<List<Piece>> statements = new ArrayList<>();
    List<Piece> open = new ArrayList<>();
    long bytes = 0;
    for (Sized object : objects) {
      long place = 0;
      do {
        Piece piece = new Piece(object.oid, place, Math.min(PIECE_BYTES, object.bytes - place));
        if (bytes + piece.bytes > STATEMENT_BYTES) {
          statements.add(open);
          open = new ArrayList<>();
          bytes = 0;
        }
        open.add(piece);
        bytes += piece.bytes;
        place += PIECE_BYTES;
      } while (place < object.bytes);
    }
    statements.add(open);
    return statements;
  }

  /** One that is gone by now gets none. */
  private static void digest(Connection session, List<Piece> pieces, Map<Long, String> digests)
      throws SQLException {
    String sql =
        DIGESTS
            .replace(":bytes", Long.toString(PIECE_BYTES))
            .replace(
                ":pieces", pieces.stream().map(Piece::values).collect(Collectors.joining(", ")));
    Query.list(
        session,
        sql,
        row -> digests.merge(row.getLong("oid"), row.getString("digest"), String::concat));
  }
}
