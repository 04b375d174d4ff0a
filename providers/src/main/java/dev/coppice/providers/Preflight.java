package dev.coppice.providers;

import dev.coppice.providers.profile.Encryption;
import dev.coppice.providers.profile.Endpoint;
import dev.coppice.providers.profile.Provider;
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
  record Result(SourceFacts facts, Provider provider, List<Finding> findings) {

    SourceCheck check() {
      return new SourceCheck(
          facts,
          findings.stream().map(Finding::item).toList(),
          firstFailure().map(Finding::failure),
          firstFailure().isEmpty() && findings.stream().allMatch(Finding::followable));
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
  private final Optional<Provider> known;
  private final PullScope scope;

  /**
   * @param known the provider, where it needs not be found out from the server
   */
  Preflight(SourceSessions sessions, Optional<Provider> known, PullScope scope) {
    this.sessions = sessions;
    this.known = known;
    this.scope = scope;
  }

  /**
   * @param replicaOnly whether only a standby will do
   */
  Result run(boolean replicaOnly) throws IOException, InterruptedException {
    Connection connection = sessions.open();
    try {
      List<Finding> findings = new ArrayList<>();
      Provider provider = known.isPresent() ? known.get() : ProviderDetection.detect(connection);
      Endpoint endpoint = Approach.endpoint(sessions.url(), provider);
      Finding pooler = new PoolerProbe(sessions).probe(connection, endpoint);
      SourceFacts facts = FactsReader.read(connection, sessions.login(), provider, scope);
      PullExtent extent = PullExtent.read(connection, provider);
      findings.add(pooler);
      findings.add(version(facts));
      database(facts, provider).ifPresent(findings::add);
      findings.add(tools(facts));
      findings.add(encryption(provider.encryption()));
      ReplicaProbe.probe(connection, replicaOnly).ifPresent(findings::add);
      findings.addAll(new RightsProbe(connection, extent, sessions.url().user()).probe());
      findings.addAll(ContentProbe.probe(connection));
      findings.addAll(
          new FollowProbe(connection, provider, endpoint, extent, facts.major()).probe());
      return new Result(facts, provider, findings);
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

  private static Optional<Finding> database(SourceFacts facts, Provider provider) {
    return provider.administrationDatabases().contains(facts.database())
        ? Optional.of(
            Finding.failed(
                SourceFailure.PREFLIGHT_FAILED,
                "database",
                "%s is a database of %s's own".formatted(facts.database(), provider.title()),
                "Name one of yours in the URL: postgres://…/DATABASE."))
        : Optional.empty();
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

  private Finding encryption(Encryption usual) {
    ConnectionUrl url = sessions.url();
    String mode = url.tlsMode();
    boolean local =
        url.unixSocket()
            || url.host().equals("localhost")
            || url.host().startsWith("127.")
            || url.host().equals("::1");
    if (local) {
      return Finding.passed("encryption", "not needed on this machine");
    }
    if (mode.equals("disable")) {
      return Finding.warning(
          "encryption", "rows travel unencrypted from " + url.host(), usual.remedy());
    }
    if (usual.level() != Encryption.Level.OFFERED && !mode.startsWith("verify-")) {
      return Finding.warning(
          "encryption",
          "sslmode=" + mode + " does not tell " + url.host() + " from an impostor",
          usual.remedy());
    }
    return Finding.passed("encryption", "sslmode=" + mode);
  }

  private static String withoutStop(String text) {
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }
}
