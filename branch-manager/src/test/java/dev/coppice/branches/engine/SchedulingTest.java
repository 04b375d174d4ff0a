package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SchedulingTest {

  /** Behind the name in parentheses, which may hold anything (proc_pid_stat(5)). */
  private static final int NICE_FIELD = 19 - 2;

  /** Empty if the process has ended. */
  static Optional<Integer> niceness(long pid) {
    return content(pid, "stat")
        .map(stat -> stat.substring(stat.lastIndexOf(')') + 1).strip())
        .map(behindName -> Integer.parseInt(behindName.split(" ", -1)[NICE_FIELD - 1]));
  }

  /** Empty if the process has ended, or where the kernel does not tell. */
  static Optional<Long> sliceNanos(long pid) {
    return content(pid, "sched").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith("se.slice "))
        .map(line -> Long.valueOf(line.substring(line.indexOf(':') + 1).strip()))
        .findAny();
  }

  private static Optional<String> content(long pid, String file) {
    try {
      return Optional.of(Files.readString(Path.of("/proc", Long.toString(pid), file)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Whether the kernel lets a process choose its slices, and tells. */
  private static boolean slices() {
    String[] version = System.getProperty("os.version").split("\\D", 3);
    int major = Integer.parseInt(version[0]);
    boolean knows = major > 6 || (major == 6 && Integer.parseInt(version[1]) >= 12);
    return knows && sliceNanos(ProcessHandle.current().pid()).isPresent();
  }

  @Test
  void aProcessAndItsChildrenCanBeMadeNicer() throws Exception {
    Process shell = new ProcessBuilder("sh", "-c", "sleep 60 & echo $!; wait").start();
    ProcessHandle child = null;
    Optional<Long> usual = sliceNanos(shell.pid());
    try {
      child = ProcessHandle.of(Long.parseLong(shell.inputReader().readLine())).orElseThrow();
      new Scheduling(7, 300_000).applyAll(shell.pid());
      for (long pid : new long[] {shell.pid(), child.pid()}) {
        assertThat(niceness(pid)).hasValue(7);
        assertThat(sliceNanos(pid)).isEqualTo(slices() ? Optional.of(300_000L) : usual);
      }
      new Scheduling(7, 0).applyAll(shell.pid());
      assertThat(sliceNanos(shell.pid())).isEqualTo(usual);
      boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
      assertThat(Scheduling.USUAL.apply(shell.pid())).isEqualTo(root);
    } finally {
      if (child != null) {
        child.destroyForcibly();
      }
      shell.destroyForcibly().waitFor();
    }
    assertThat(new Scheduling(7, 0).apply(shell.pid())).isFalse();
  }

  @Test
  void theProcessesThatStartAllOthersAreLeftAlone() {
    assertThatThrownBy(() -> Scheduling.USUAL.apply(1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Scheduling.USUAL.apply(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
