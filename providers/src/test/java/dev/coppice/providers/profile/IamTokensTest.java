package dev.coppice.providers.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

class IamTokensTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);
  private static final String HOST = "shop.abc.eu-west-1.rds.amazonaws.com";

  @Test
  void aTokenIsASignedUrlWithoutItsScheme() throws GeneralSecurityException {
    AwsRds rds =
        new AwsRds(
            () ->
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create("AKIDEXAMPLE", "secret")),
            CLOCK);

    String token = rds.passwords(new Location(HOST, 5432), "Reader.One").orElseThrow().next();

    int signature = token.indexOf("&X-Amz-Signature=");
    String query = token.substring(token.indexOf('?') + 1, signature);
    assertThat(token).startsWith(HOST + ":5432/?");
    assertThat(query.split("&"))
        .containsExactlyInAnyOrder(
            "Action=connect",
            "DBUser=Reader.One",
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Feu-west-1%2Frds-db%2Faws4_request",
            "X-Amz-Date=20260102T030405Z",
            "X-Amz-Expires=900",
            "X-Amz-SignedHeaders=host");
    assertThat(token.substring(signature + "&X-Amz-Signature=".length()))
        .isEqualTo(signature(sorted(query)));
  }

  /** As AWS' documentation of Signature Version 4 says, for a URL with an empty body. */
  private static String signature(String query) throws GeneralSecurityException {
    String request = "GET\n/\n" + query + "\nhost:" + HOST + ":5432\n\nhost\n" + hex(sha256(""));
    String toSign =
        "AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/eu-west-1/rds-db/aws4_request\n"
            + hex(sha256(request));
    byte[] key = "AWS4secret".getBytes(StandardCharsets.UTF_8);
    for (String part : new String[] {"20260102", "eu-west-1", "rds-db", "aws4_request"}) {
      key = hmac(key, part);
    }
    return hex(hmac(key, toSign));
  }

  private static String sorted(String query) {
    return String.join("&", Arrays.stream(query.split("&")).sorted().toList());
  }

  private static byte[] sha256(String text) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
