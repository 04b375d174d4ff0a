package dev.coppice.providers;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at everything that a pull will need, and changes nothing. */
final class Preflight {

  static final int OLDEST_MAJOR = 13;

  /**
   * @param findings in the order in which they matter
   */
  record Result(SourceFacts facts, List<Finding> findings) {

    SourceCheck check() {
      return new SourceCheck(
          facts,
          findings.stream().map(Finding::item).toList(),
          firstFailure().map(Finding::failure));
    }

    /** Throws the first failure that was found. */
    void requirePassed() {
      firstFailure().ifPresent(Result::stop);
    }

    private Optional<Finding> firstFailure() {
      return findings.stream().filter(Finding::isFailure).findFirst();
    }

    private static void stop(Finding finding) {
      CheckItem item = finding.item();
      throw new SourceException(
          finding.failure(),
          "The source cannot be pulled: " + item.what() + ": " + item.detail() + ".",
          item.remedy());
    }
  }

  private final SourceSessions sessions;
  private final PullScope scope;

  Preflight(SourceSessions sessions, PullScope scope) {
    this.sessions = sessions;
    this.scope = scope;
  }

  Result run() throws IOException, InterruptedException {
    Connection connection = sessions.open();
    try {
      List<Finding> findings = new ArrayList<>();
      Finding pooler = new PoolerProbe(sessions).probe(connection);
      SourceFacts facts = FactsReader.read(connection, sessions.url(), scope);
      findings.add(pooler);
      findings.add(version(facts));
      findings.add(tools(facts));
      findings.add(encryption());
      findings.addAll(new RightsProbe(connection, sessions.url().user()).probe());
      findings.addAll(ContentProbe.probe(connection));
      return new Result(facts, findings);
    } catch (SQLException e) {
      throw ConnectFailure.whileReading(sessions.url(), e);
    } finally {
      sessions.close(connection);
    }
  }

  private static Finding version(SourceFacts facts) {
    return facts.major() < OLDEST_MAJOR
        ? Finding.failed(
            SourceFailure.VERSION_UNSUPPORTED,
            "version",
            "the source runs PostgreSQL " + facts.version(),
            "Coppice reads PostgreSQL " + OLDEST_MAJOR + " and newer; upgrade the source.")
        : Finding.passed("version", "PostgreSQL " + facts.version());
  }

  private static Finding tools(SourceFacts facts) {
    try {
      ClientTools tools = ClientTools.find(facts.major());
      return Finding.passed("client programs", "pg_dump " + tools.version());
    } catch (SourceException e) {
      return Finding.failed(
          e.failure(), "client programs", withoutStop(String.valueOf(e.getMessage())), e.hint());
    }
  }

  private Finding encryption() {
    ConnectionUrl url = sessions.url();
    boolean local =
        url.unixSocket()
            || url.host().equals("localhost")
            || url.host().startsWith("127.")
            || url.host().equals("::1");
    if (url.tlsMode().equals("disable") && !local) {
      return Finding.warning(
          "encryption",
          "rows travel unencrypted from " + url.host(),
          "Enable TLS on the source and add sslmode=verify-full to the URL.");
    }
    return Finding.passed(
        "encryption", local ? "not needed on this machine" : "sslmode=" + url.tlsMode());
  }

  private static String withoutStop(String text) {
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }
}
