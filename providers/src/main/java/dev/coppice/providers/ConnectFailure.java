package dev.coppice.providers;

import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Tells from a driver's exception why a source refused, and what to do about it. */
final class ConnectFailure {

  private static final String NO_TLS = "does not support SSL";

  private ConnectFailure() {}

  static boolean serverHasNoTls(SourceException e) {
    return e.failure() == SourceFailure.TLS_FAILED
        && String.valueOf(e.getMessage()).contains(NO_TLS);
  }

  static SourceException of(ConnectionUrl url, SQLException e) {
    return CancelledRead.known(e).orElseGet(() -> whileConnecting(url, e));
  }

  private static SourceException whileConnecting(ConnectionUrl url, SQLException e) {
    String message =
        caused(e, UnknownHostException.class)
            ? "this machine knows no host of that name"
            : firstLine(e);
    String where = url.host() + ":" + url.port();
    SourceFailure failure = classify(e, message);
    String text =
        switch (failure) {
          case AUTHENTICATION_FAILED ->
              "The source at " + where + " did not accept the login of role " + url.user();
          case TLS_FAILED -> "No encrypted connection to the source at " + where + " came about";
          case DATABASE_MISSING -> "The source at " + where + " has no database " + url.database();
          case POOLER -> "Behind " + where + " is a connection pooler, not Postgres itself";
          case PERMISSION_DENIED ->
              "Role " + url.user() + " may not connect to database " + url.database();
          case TIMED_OUT ->
              "The source at "
                  + where
                  + " did not answer within "
                  + url.connectTimeoutSeconds()
                  + " s";
          default -> "Cannot reach the source at " + where;
        };
    return new SourceException(failure, text + ": " + message, hint(failure, url, message), e);
  }

  /** For what fails once the session is there. */
  static SourceException whileReading(ConnectionUrl url, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (state.startsWith("08") || state.startsWith("57")) {
      return of(url, e);
    }
    return new SourceException(
        state.equals("42501") ? SourceFailure.PERMISSION_DENIED : SourceFailure.PREFLIGHT_FAILED,
        "The source at " + url.host() + ":" + url.port() + " refused a query: " + firstLine(e),
        "Check that role " + url.user() + " may read the catalogues; nothing was changed.",
        e);
  }

  private static SourceFailure classify(SQLException e, String message) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String lower = message.toLowerCase(Locale.ROOT);
    if (lower.contains("startup parameter") || lower.contains("pgbouncer")) {
      return SourceFailure.POOLER;
    }
    if (lower.contains("no such database") || state.equals("3D000")) {
      return SourceFailure.DATABASE_MISSING;
    }
    if (lower.contains("ssl off")
        || lower.contains("no encryption")
        || message.contains(NO_TLS)
        || lower.contains("ssl required")
        || caused(e, SSLException.class)) {
      return SourceFailure.TLS_FAILED;
    }
    // PgBouncer reports a wrong password as a protocol violation.
    if (state.startsWith("28")
        || state.equals("08004")
        || lower.contains("authentication failed")
        || lower.contains("no such user")) {
      return SourceFailure.AUTHENTICATION_FAILED;
    }
    if (state.equals("42501")) {
      return SourceFailure.PERMISSION_DENIED;
    }
    if (lower.contains("certificate")
        || lower.contains("ssl error")
        || lower.contains("could not be verified by hostnameverifier")) {
      return SourceFailure.TLS_FAILED;
    }
    return caused(e, SocketTimeoutException.class) || lower.contains("timed out")
        ? SourceFailure.TIMED_OUT
        : SourceFailure.UNREACHABLE;
  }

  private static String hint(SourceFailure failure, ConnectionUrl url, String message) {
    return switch (failure) {
      case AUTHENTICATION_FAILED ->
          "Check user and password in the URL (percent-encode special characters), and that"
              + " pg_hba.conf lets this machine log in.";
      case TLS_FAILED ->
          message.contains("SSL off") || message.contains("no encryption")
              ? "Add sslmode=require (better: sslmode=verify-full&sslrootcert=…) to the URL."
              : "Check sslmode and sslrootcert in the URL against the server's certificate;"
                  + " sslmode=disable only where the network itself is trusted.";
      case DATABASE_MISSING -> "List its databases with: psql -l, then correct the URL's path.";
      case POOLER -> PoolerProbe.REMEDY;
      case TIMED_OUT ->
          "Check host and port, and that no firewall swallows what this machine sends; a slow"
              + " network may need connect_timeout=60 in the URL.";
      case PERMISSION_DENIED ->
          "Run on the source: GRANT CONNECT ON DATABASE "
              + SqlText.readable(url.database())
              + " TO "
              + SqlText.readable(url.user())
              + ";";
      default ->
          message.contains("too many")
              ? "Wait, raise max_connections, or pull with fewer connections."
              : "Check host and port, that the server runs, and that firewalls and its"
                  + " listen_addresses let this machine in.";
    };
  }

  private static boolean caused(@Nullable Throwable e, Class<? extends Throwable> type) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  private static String firstLine(SQLException e) {
    String message = String.valueOf(e.getMessage()).strip();
    int end = message.indexOf('\n');
    String line = end < 0 ? message : message.substring(0, end);
    Throwable cause = e.getCause();
    return cause == null || cause.getMessage() == null || line.contains(cause.getMessage())
        ? line
        : line + " (" + cause.getMessage() + ")";
  }
}
