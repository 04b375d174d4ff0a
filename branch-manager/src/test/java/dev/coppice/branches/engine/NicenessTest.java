package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class NicenessTest {

  /** Behind the name in parentheses, which may hold anything (proc_pid_stat(5)). */
  private static final int NICE_FIELD = 19 - 2;

  /** Empty if the process has ended. */
  static OptionalInt of(long pid) {
    String stat;
    try {
      stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    } catch (IOException e) {
      return OptionalInt.empty();
    }
    String behindName = stat.substring(stat.lastIndexOf(')') + 1).strip();
    return OptionalInt.of(Integer.parseInt(behindName.split(" ", -1)[NICE_FIELD - 1]));
  }

  @Test
  void aProcessAndItsChildrenCanBeMadeNicer() throws Exception {
    Process shell = new ProcessBuilder("sh", "-c", "sleep 60 & echo $!; wait").start();
    ProcessHandle child = null;
    try {
      child = ProcessHandle.of(Long.parseLong(shell.inputReader().readLine())).orElseThrow();
      Niceness.setAll(shell.pid(), 7);
      assertThat(of(shell.pid())).hasValue(7);
      assertThat(of(child.pid())).hasValue(7);
      boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
      assertThat(Niceness.set(shell.pid(), Niceness.USUAL)).isEqualTo(root);
    } finally {
      if (child != null) {
        child.destroyForcibly();
      }
      shell.destroyForcibly().waitFor();
    }
    assertThat(Niceness.set(shell.pid(), 7)).isFalse();
  }

  @Test
  void theProcessesThatStartAllOthersAreLeftAlone() {
    assertThatThrownBy(() -> Niceness.set(1, 7)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Niceness.set(-1, 7)).isInstanceOf(IllegalArgumentException.class);
  }
}
