package dev.coppice.providers.profile;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/** Amazon RDS for PostgreSQL and Aurora PostgreSQL. */
final class AwsRds implements Provider {

  private static final String BUNDLE =
      """
      curl -o global-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
      and add sslmode=verify-full&sslrootcert=/path/to/global-bundle.pem to the URL.\
      """;

  private static final Pattern REGION =
      Pattern.compile(".*\\.([a-z0-9-]+)\\.rds\\.amazonaws\\.com(?:\\.cn)?");

  private final Supplier<AwsCredentialsProvider> credentials;
  private final Clock clock;

  AwsRds() {
    this(() -> DefaultCredentialsProvider.builder().build(), Clock.systemUTC());
  }

  AwsRds(Supplier<AwsCredentialsProvider> credentials, Clock clock) {
    this.credentials = credentials;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "rds";
  }

  @Override
  public String title() {
    return "Amazon RDS or Aurora";
  }

  @Override
  public Markers markers() {
    return new Markers(
        Set.of(".rds.amazonaws.com", ".rds.amazonaws.com.cn"),
        Set.of("rds_tools", "aurora_stat_utils"),
        Set.of("rds_superuser"));
  }

  /**
   * Aurora's host names are {@code cluster.cluster-ro-id.region…}; a proxy's {@code .proxy-id.}.
   */
  @Override
  public Endpoint endpoint(Location location) {
    String host = location.host();
    if (host.contains(".cluster-ro-") || host.contains(".cluster-custom-")) {
      return Endpoint.refused(
          "it balances connections between instances, and a snapshot that one of them exports does"
              + " not exist on another",
          "Use the writer endpoint (….cluster-<id>.<region>.rds.amazonaws.com), or with"
              + " --no-follow the endpoint of one instance.");
    }
    if (host.contains(".proxy-")) {
      return Endpoint.pullOnly(
          "RDS Proxy passes no replication on", "Use the endpoint of the instance or cluster.");
    }
    return Endpoint.direct();
  }

  @Override
  public Encryption encryption() {
    return Encryption.verified(
        List.of(
            "/etc/ssl/certs/rds-global-bundle.pem",
            "/etc/ssl/certs/global-bundle.pem",
            System.getProperty("user.home", "/") + "/.postgresql/root.crt"),
        BUNDLE);
  }

  /** IAM's; a token is signed for the host name, so it must be RDS's own. */
  @Override
  public Optional<Passwords> passwords(Location location, String user) {
    Matcher region = REGION.matcher(location.host());
    return Optional.of(
        new IamTokens(
            credentials.get(),
            clock,
            region.matches() ? region.group(1) : configuredRegion(),
            location,
            user));
  }

  private static String configuredRegion() {
    String region = System.getenv("AWS_REGION");
    return region == null ? "us-east-1" : region;
  }

  @Override
  public Replication replication() {
    return new Replication(
        Set.of("rds_replication"),
        "GRANT rds_replication TO %s;",
        "Set rds.logical_replication = 1 in the instance's parameter group (Aurora: in the"
            + " cluster's), then reboot.",
        Set.of("rds_superuser"),
        true,
        "");
  }

  @Override
  public Set<String> eventTriggerMakers() {
    return Set.of("rds_superuser");
  }

  @Override
  public Set<String> administrators() {
    return Set.of(
        "rdsadmin",
        "rds_reserved",
        "rds_extension",
        "rds_ad",
        "rds_password",
        "rds_iam",
        "rds_replication",
        "rds_superuser",
        "rdstopmgr",
        "rdsrepladmin",
        "rdswriteforwarduser");
  }

  @Override
  public Set<String> administrationDatabases() {
    return Set.of("rdsadmin");
  }

  /** What the Database Migration Service leaves behind. */
  @Override
  public Set<String> discardedSchemas() {
    return Set.of("rdsdms");
  }
}
