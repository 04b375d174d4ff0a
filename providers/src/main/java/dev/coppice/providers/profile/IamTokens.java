package dev.coppice.providers.profile;

import java.time.Clock;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner.AuthLocation;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * Tokens with which RDS lets roles in that have {@code rds_iam}: a signed URL without its scheme,
 * good for 15 minutes and looked at only at login. Signing asks nobody.
 */
final class IamTokens implements Passwords {

  private static final Duration VALID = Duration.ofMinutes(15);
  private static final String SCHEME = "https://";

  private final AwsCredentialsProvider credentials;
  private final Clock clock;
  private final String region;
  private final Location location;
  private final String user;

  IamTokens(
      AwsCredentialsProvider credentials,
      Clock clock,
      String region,
      Location location,
      String user) {
    this.credentials = credentials;
    this.clock = clock;
    this.region = region;
    this.location = location;
    this.user = user;
  }

  @Override
  public String next() {
    AwsCredentialsIdentity identity;
    try {
      identity = credentials.resolveCredentials();
    } catch (SdkException e) {
      throw new IllegalStateException("no AWS credentials: " + e.getMessage(), e);
    }
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.GET)
            .protocol("https")
            .host(location.host())
            .port(location.port())
            .encodedPath("/")
            .putRawQueryParameter("DBUser", user)
            .putRawQueryParameter("Action", "connect")
            .build();
    SignRequest<AwsCredentialsIdentity> signing =
        SignRequest.builder(identity)
            .request(request)
            .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "rds-db")
            .putProperty(AwsV4HttpSigner.REGION_NAME, region)
            .putProperty(AwsV4FamilyHttpSigner.AUTH_LOCATION, AuthLocation.QUERY_STRING)
            .putProperty(AwsV4FamilyHttpSigner.EXPIRATION_DURATION, VALID)
            .putProperty(HttpSigner.SIGNING_CLOCK, clock)
            .build();
    String url = AwsV4HttpSigner.create().sign(signing).request().getUri().toString();
    return url.substring(SCHEME.length());
  }
}
