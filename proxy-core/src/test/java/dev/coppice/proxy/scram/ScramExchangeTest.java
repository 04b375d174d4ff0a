package dev.coppice.proxy.scram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.ScramVerifier;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScramExchangeTest {

  private static final String PLAIN = "SCRAM-SHA-256";
  private static final String PLUS = "SCRAM-SHA-256-PLUS";
  private static final byte[] HASH = {1, 2, 3};
  private static final byte[] NONE = {};

  /** Made by PostgreSQL 15 for the password "pencil". */
  private static final String OF_POSTGRES =
      "SCRAM-SHA-256$4096:XosHW5xPL/WsysYn6TwXKg=="
          + "$NVA0zNQxvvvfy6OfbcRLSSXVo1pRJ/AJFCDx0Ikddzo=:qXSD4xKhcVwaN8NadrwRKUx97ECSdlnURmnwhNpBeZk=";

  private static final ScramSecret SECRET = ScramSecret.derive("pencil");

  @Test
  void acceptsThePassword() {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.empty());
    ScramClient client = new ScramClient("n,,", NONE);
    String serverFirst = exchange.challenge(PLAIN, client.first());
    byte[] last = client.last("pencil", serverFirst);
    assertThat(exchange.finish(last)).contains(client.expectedFinal());
  }

  @Test
  void refusesAnotherPassword() {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.empty());
    ScramClient client = new ScramClient("n,,", NONE);
    byte[] last = client.last("pencils", exchange.challenge(PLAIN, client.first()));
    assertThat(exchange.finish(last)).isEmpty();
  }

  @Test
  void bindsToTheCertificate() {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.of(HASH));
    assertThat(exchange.mechanisms()).containsExactly(PLUS, PLAIN);
    ScramClient client = new ScramClient("p=tls-server-end-point,,", HASH);
    byte[] last = client.last("pencil", exchange.challenge(PLUS, client.first()));
    assertThat(exchange.finish(last)).contains(client.expectedFinal());
  }

  @Test
  void refusesAnotherCertificate() {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.of(HASH));
    ScramClient client = new ScramClient("p=tls-server-end-point,,", new byte[] {3, 2, 1});
    byte[] last = client.last("pencil", exchange.challenge(PLUS, client.first()));
    assertRefused(() -> exchange.finish(last), "channel binding does not match");
  }

  @Test
  void noticesThatTheOfferOfBindingWasTakenAway() {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.of(HASH));
    ScramClient client = new ScramClient("y,,", NONE);
    assertRefused(() -> exchange.challenge(PLAIN, client.first()), "tampering");
  }

  @Test
  void takesAClientThatCouldBindWhereThereIsNothingToBindTo() {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.empty());
    ScramClient client = new ScramClient("y,,", NONE);
    byte[] last = client.last("pencil", exchange.challenge(PLAIN, client.first()));
    assertThat(exchange.finish(last)).contains(client.expectedFinal());
    assertRefused(
        () -> new ScramExchange(SECRET, Optional.empty()).challenge(PLUS, client.first()),
        "invalid SASL authentication mechanism");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=",
        "n,,n=a",
        "n,,n=a,",
        "n,,n=a,r=",
        "n,,r=a,n=b",
        "n,a=other,n=,r=x",
        "p=tls-unique,,n=,r=x",
        "q,,n=,r=x",
        "n,,m=ext,n=,r=x",
        "n,,n=,r=\u0001"
      })
  void refusesMalformedFirstMessages(String message) {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.empty());
    assertRefused(
        () -> exchange.challenge(PLAIN, message.getBytes(StandardCharsets.UTF_8)), "malformed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "c=biws",
        ",p=",
        "c=biws,p=",
        "c=biws,r=x,p=AAAA",
        "c=eSws,r=@,p=AAAA",
        "c=biws,r=@,p=!"
      })
  void refusesMalformedFinalMessages(String message) {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.empty());
    String serverFirst = exchange.challenge(PLAIN, new ScramClient("n,,", NONE).first());
    String nonce = serverFirst.substring(2, serverFirst.indexOf(','));
    byte[] last = message.replace("@", nonce).getBytes(StandardCharsets.UTF_8);
    assertRefused(() -> exchange.finish(last), "malformed");
  }

  @Test
  void aProofOfTheWrongLengthIsAWrongPassword() {
    ScramExchange exchange = new ScramExchange(SECRET, Optional.empty());
    String serverFirst = exchange.challenge(PLAIN, new ScramClient("n,,", NONE).first());
    String nonce = serverFirst.substring(2, serverFirst.indexOf(','));
    byte[] last = ("c=biws,r=" + nonce + ",p=AAAA").getBytes(StandardCharsets.UTF_8);
    assertThat(exchange.finish(last)).isEmpty();
  }

  @Test
  void survivesAnything() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      ScramExchange exchange = new ScramExchange(SECRET, Optional.empty());
      ScramClient client = new ScramClient("n,,", NONE);
      try {
        String serverFirst = exchange.challenge(PLAIN, changed(random, client.first()));
        exchange.finish(
            changed(
                random, ("c=biws," + serverFirst + ",p=AAAA").getBytes(StandardCharsets.UTF_8)));
      } catch (RefusedException e) {
        assertThat(e.refusal().sqlState()).as("seed %d round %d", seed, round).isEqualTo("08P01");
      }
    }
  }

  private static byte[] changed(Random random, byte[] bytes) {
    byte[] changed = bytes.clone();
    for (int changes = random.nextInt(3); changes > 0; changes--) {
      changed[random.nextInt(changed.length)] = (byte) random.nextInt();
    }
    return changed;
  }

  @Test
  void readsWhatPostgresWrites() {
    ScramExchange exchange = new ScramExchange(ScramSecret.parse(OF_POSTGRES), Optional.empty());
    ScramClient client = new ScramClient("n,,", NONE);
    byte[] last = client.last("pencil", exchange.challenge(PLAIN, client.first()));
    assertThat(exchange.finish(last)).contains(client.expectedFinal());
    assertThat(ScramSecret.parse(OF_POSTGRES).encoded()).isEqualTo(OF_POSTGRES);
  }

  @Test
  void everyVerifierHasItsOwnSaltAndIsNotPrinted() {
    ScramVerifier verifier = ScramVerifier.of("pencil");
    assertThat(verifier).isNotEqualTo(ScramVerifier.of("pencil"));
    assertThat(verifier.encoded()).startsWith("SCRAM-SHA-256$4096:");
    assertThat(verifier.toString()).doesNotContain("4096");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "md5abc",
        "SCRAM-SHA-256$0:AA==$AA==:AA==",
        "SCRAM-SHA-256$4096:AA==$AA==:AA=="
      })
  void refusesOtherVerifiers(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> ScramSecret.parse(text));
  }

  /** What Postgres wrote, changed in one place. */
  @ParameterizedTest
  @CsvSource({
    "SCRAM-SHA-256, SCRAM-SHA-512",
    "SCRAM-SHA-256, ' SCRAM-SHA-256'",
    "4096:, :",
    "4096:, 04096:",
    "4096:, -4096:",
    "4096:, 4o96:",
    "4096:, 1234567890:",
    "4096:, 4096",
    "4096:, 4096::",
    "=$, =",
    "=$, =$$",
    "=$, =$!",
    "=:, =",
    "=:, =:=",
    "=:, =::",
  })
  void refusesWhatIsNearlyAVerifier(String part, String instead) {
    String text = OF_POSTGRES.replace(part, instead);
    assertThat(text).isNotEqualTo(OF_POSTGRES);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScramSecret.parse(text))
        .withMessageContaining("verifier")
        .withMessageNotContaining(text);
  }

  @Test
  void aDecoyLooksTheSameTwiceAndTakesNoPassword() {
    byte[] seed = {1};
    String first = challenge(ScramSecret.decoy(seed, "a"));
    assertThat(challenge(ScramSecret.decoy(seed, "a"))).isEqualTo(first);
    assertThat(challenge(ScramSecret.decoy(seed, "b"))).isNotEqualTo(first);
    assertThat(first).matches("s=[A-Za-z0-9+/]{22}==,i=4096");
  }

  private static String challenge(ScramSecret secret) {
    String serverFirst =
        new ScramExchange(secret, Optional.empty())
            .challenge(PLAIN, new ScramClient("n,,", NONE).first());
    return serverFirst.substring(serverFirst.indexOf(',') + 1);
  }

  private static void assertRefused(Runnable step, String message) {
    assertThatThrownBy(step::run)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(message);
  }
}
