package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A base does not take what its source has. */
final class Refusal extends SQLException {

  private static final long serialVersionUID = 1L;

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  Refusal(SQLException cause) {
    super(cause.getMessage(), cause.getSQLState(), cause);
  }

  static void unlessDone(Connection base, String sql) throws SQLException {
    try (Statement statement = base.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    } catch (SQLException e) {
      throw new Refusal(e);
    }
  }

  /** Whether the same may succeed at another moment. */
  boolean passes() {
    String state = getSQLState() == null ? "" : getSQLState();
    return EngineFailure.isLocal(this)
        || state.startsWith("40")
        || state.equals(LOCK_NOT_AVAILABLE);
  }
}
