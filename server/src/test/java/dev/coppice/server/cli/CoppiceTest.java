package dev.coppice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CoppiceTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "branch",
        "brunch list",
        "branch create",
        "branch list --wrong",
        "branch list -o xml",
        "url",
        "url a b",
        "serve --warm-engines=x",
        "branch create a --access=king"
      })
  void misuseEndsWithTwoAndAHint(String line) {
    assertThat(run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith("error: ").contains("\nhint: ");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void aMistypedCommandIsGuessed() {
    assertThat(run("brnch", "list")).isEqualTo(2);
    assertThat(err.toString()).contains("Did you mean").contains("branch");
  }

  @Test
  void withoutAServerTheHintNamesServe() {
    assertThat(run("branch", "list", "--data-dir", directory.toString())).isEqualTo(1);
    assertThat(err.toString()).startsWith("error: no Coppice server").contains("coppice serve");
  }

  @Test
  void anAddressThatIsNoneIsRefused() {
    assertThat(run("branch", "list", "--server", "ftp://x")).isEqualTo(2);
    assertThat(err.toString()).contains("\"ftp://x\" is not the address of a server");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diff a --sql",
        "rehearse a b.sql",
        "log a",
        "mask scan a -o json",
        "mask",
        "mcp",
        "mcp --help"
      })
  void aCommandThatIsOnlyPlannedSaysSo(String line) {
    assertThat(run(line.split(" "))).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("error: \"coppice ")
        .contains(line.replaceFirst(" .*", "") + "\" is planned, and not built yet");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void aPullThatShouldMaskIsRefusedBeforeItBegins() {
    String[] add = {"source", "add", "prod", "postgres://r@127.0.0.1:1/d", "--no-follow"};
    assertThat(run(with(add, "--mask", "policy.yaml"))).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("error: \"prod\" is not pulled: masking is not built yet");
    assertThat(run(with(add, "--mask"))).isEqualTo(2);
  }

  @Test
  void notToFollowIsAccepted() {
    run(with(new String[] {"source", "add"}, "p", "postgres://r@127.0.0.1:1/d", "--no-follow"));
    assertThat(err.toString()).startsWith("error: no Coppice server");
  }

  @Test
  void helpIsAResult() {
    assertThat(run("branch", "create", "--help")).isZero();
    assertThat(out.toString()).contains("--print-url", "--if-not-exists");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void doctorSpeaksJson() {
    run("doctor", "-o", "json", "--data-dir", directory.toString());
    assertThat(out.toString()).startsWith("[").contains("\"what\" : \"FUSE\"");
  }

  private String[] with(String[] arguments, String... more) {
    return Stream.of(arguments, more, new String[] {"--data-dir", directory.toString()})
        .flatMap(Arrays::stream)
        .toArray(String[]::new);
  }

  private int run(String... arguments) {
    CommandLine commandLine = Coppice.commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }
}
