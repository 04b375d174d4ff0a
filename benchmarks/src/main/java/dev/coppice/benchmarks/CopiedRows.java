package dev.coppice.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import org.postgresql.PGConnection;

/** The bytes of a {@code COPY … TO STDOUT}, as few enough to be kept. */
final class CopiedRows {

  private CopiedRows() {}

  static String digest(Connection session, String copy) throws SQLException, IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
        long rows = session.unwrap(PGConnection.class).getCopyAPI().copyOut(copy, out);
        return rows + " rows, " + HexFormat.of().formatHex(digest.digest());
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
