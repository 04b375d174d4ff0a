package dev.coppice.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.wire.StartupPacket.StartupMessage;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BranchCarriersTest {

  private static final BranchCarriers CARRIERS = new BranchCarriers(Optional.of("Db.Example"));

  @Test
  void splitsTheUserAtItsLastDot() {
    Route route = read("user", "first.last.pr-1", "database", "shop");
    assertThat(route).isEqualTo(new Route("pr-1", "first.last", Optional.of("shop"), Map.of()));
  }

  @Test
  void splitsTheDatabaseAtItsLastAt() {
    Route route = read("user", "app", "database", "a@b@pr-1");
    assertThat(route).isEqualTo(new Route("pr-1", "app", Optional.of("a@b"), Map.of()));
  }

  @Test
  void takesTheBranchFromTheOptions() {
    Route route =
        read("user", "app", "database", "shop", "options", "-c coppice.branch=pr-1 -c geqo=off");
    assertThat(route)
        .isEqualTo(new Route("pr-1", "app", Optional.of("shop"), Map.of("options", "-c geqo=off")));
    assertThat(read("user", "app", "options", "--coppice.branch=pr-1").settings()).isEmpty();
  }

  @Test
  void takesTheBranchFromTheHostName() {
    Route route = CARRIERS.read(message("user", "app"), Optional.of("PR-1.db.example"));
    assertThat(route).isEqualTo(new Route("pr-1", "app", Optional.empty(), Map.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "db.example",
        "a.b.db.example",
        ".db.example",
        "a.example",
        "xdb.example"
      })
  void otherHostNamesMeanNothing(String serverName) {
    assertRefused("branch_missing", Optional.of(serverName), "user", "app");
    assertThatThrownBy(() ->
            new BranchCarriers(Optional.empty())
                .read(message("user", "app"), Optional.of("pr-1.db.example")))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void theUserNameAsDatabaseMeansTheDefault() {
    assertThat(read("user", "app.pr-1", "database", "app.pr-1").database()).isEmpty();
    assertThat(read("user", "app.pr-1").database()).isEmpty();
    assertThat(read("user", "app.pr-1", "database", "").database()).isEmpty();
    assertThat(read("user", "app.pr-1", "database", "@pr-1").database()).isEmpty();
    assertThat(read("user", "app.pr-1", "database", "app").database()).contains("app");
  }

  @Test
  void carriersThatAgreeAreTaken() {
    Route route =
        CARRIERS.read(
            message(
                "user", "app.pr-1", "database", "shop@pr-1", "options", "-ccoppice.branch=pr-1"),
            Optional.of("pr-1.db.example"));
    assertThat(route).isEqualTo(new Route("pr-1", "app", Optional.of("shop"), Map.of()));
  }

  @Test
  void carriersThatDisagreeAreRefused() {
    Refusal refusal =
        assertRefused(
            "branch_ambiguous", Optional.empty(), "user", "app.pr-1", "database", "shop@pr-2");
    assertThat(refusal.message())
        .isEqualTo(
            "the user name names branch \"pr-1\" but the database name names branch \"pr-2\"");
    assertRefused(
        "branch_ambiguous",
        Optional.empty(),
        "user",
        "app.pr-1",
        "options",
        "-ccoppice.branch=pr-2");
    assertRefused(
        "branch_ambiguous",
        Optional.empty(),
        "user",
        "app",
        "options",
        "-ccoppice.branch=a -ccoppice.branch=b");
    assertRefused("branch_ambiguous", Optional.of("a.db.example"), "user", "app.b");
  }

  @Test
  void noBranchIsRefusedWithAHintHowToNameOne() {
    Refusal refusal =
        assertRefused("branch_missing", Optional.empty(), "user", "app", "database", "shop");
    assertThat(refusal.hint()).contains("<role>.<branch>", "<database>@<branch>", "coppice.branch");
    assertRefused("branch_missing", Optional.empty(), "user", "app.");
    assertRefused("branch_missing", Optional.empty(), "user", "app.a", "database", "shop@");
  }

  @Test
  void noRoleIsRefused() {
    assertRefused("user_missing", Optional.empty(), "database", "shop@a");
    assertRefused("user_missing", Optional.empty(), "user", "", "database", "shop@a");
    assertRefused("user_missing", Optional.empty(), "user", ".a");
  }

  @Test
  void namesReachTheEngineByteForByte() {
    Route route = read("user", bytes("jürgen \"x\".pr-1"), "application_name", "\u00ff\u00fe");
    assertThat(route.role()).isEqualTo("jürgen \"x\"");
    assertThat(route.engineParameters("böse"))
        .containsOnly(
            Map.entry("user", bytes("jürgen \"x\"")),
            Map.entry("database", bytes("böse")),
            Map.entry("application_name", "\u00ff\u00fe"));
  }

  @Test
  void namesThatAreNotUtf8AreRefused() {
    assertRefused("name_not_utf8", Optional.empty(), "user", "\u00ff.a");
    assertRefused("name_not_utf8", Optional.empty(), "user", "b.a", "database", "\u00ff");
    assertRefused(
        "name_not_utf8", Optional.empty(), "user", "b", "options", "-ccoppice.branch=\u00ff");
  }

  private static Route read(String... namesAndValues) {
    return CARRIERS.read(message(namesAndValues), Optional.empty());
  }

  private static Refusal assertRefused(
      String kind, Optional<String> serverName, String... namesAndValues) {
    try {
      Route route = CARRIERS.read(message(namesAndValues), serverName);
      throw new AssertionError("not refused: " + route);
    } catch (RefusedException e) {
      assertThat(e.refusal().kind()).isEqualTo(kind);
      return e.refusal();
    }
  }

  private static StartupMessage message(String... namesAndValues) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      parameters.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new StartupMessage(0, parameters);
  }

  private static String bytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
