package dev.coppice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
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

  private int run(String... arguments) {
    CommandLine commandLine = Coppice.commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }
}
