package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * The sessions and child processes of one pull. Closing it, from any thread, ends them at once;
 * whatever is added later is ended right away.
 */
final class PullScope implements AutoCloseable {

  private final Set<Connection> connections = new HashSet<>();
  private final Deque<Process> processes = new ArrayDeque<>();
  private boolean closed;

  Connection add(@Nullable Connection connection) throws SQLException {
    if (connection == null) {
      throw new IllegalStateException("the driver refused its own URL");
    }
    synchronized (this) {
      if (!closed) {
        connections.add(connection);
        return connection;
      }
    }
    end(connection);
    throw new SQLException("the pull is over");
  }

  synchronized void add(Process process) {
    processes.removeIf(other -> !other.isAlive());
    if (closed) {
      process.destroyForcibly();
    } else {
      processes.add(process);
    }
  }

  /** Closes one session in the ordinary way. */
  void close(Connection connection) {
    synchronized (this) {
      connections.remove(connection);
    }
    try {
      connection.close();
    } catch (SQLException e) {
      end(connection);
    }
  }

  synchronized boolean closed() {
    return closed;
  }

  @Override
  public void close() {
    stop();
  }

  /** Closing, for those who do not own this scope. */
  void stop() {
    Set<Connection> open;
    synchronized (this) {
      closed = true;
      open = new HashSet<>(connections);
      connections.clear();
      processes.forEach(Process::destroyForcibly);
      processes.clear();
    }
    open.forEach(PullScope::end);
  }

  /** A server that computes notices a closed socket late, so it is asked to cancel first. */
  private static void end(Connection connection) {
    try {
      connection.unwrap(PGConnection.class).cancelQuery();
    } catch (SQLException e) {
      // Nothing to cancel, or out of reach; the socket is closed next.
    }
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // Already closed.
    }
  }
}
