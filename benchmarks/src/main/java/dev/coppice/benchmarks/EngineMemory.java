package dev.coppice.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What idle engines occupy, shared memory counted once. */
final class EngineMemory {

  private EngineMemory() {}

  /**
   * The median over all engines of a server of their proportional set size, all processes of an
   * engine together (proc_pid_smaps_rollup, https://docs.kernel.org/filesystems/proc.html).
   */
  static double medianEngineMib(long serverPid) {
    ProcessHandle server = ProcessHandle.of(serverPid).orElseThrow();
    double[] engines =
        server
            .children()
            .filter(child -> child.info().command().orElse("").endsWith("/postgres"))
            .mapToDouble(EngineMemory::mib)
            .sorted()
            .toArray();
    if (engines.length == 0) {
      throw new IllegalStateException("the server " + serverPid + " runs no engines");
    }
    return engines[engines.length / 2];
  }

  private static double mib(ProcessHandle engine) {
    return Stream.concat(Stream.of(engine), engine.descendants())
            .mapToLong(process -> pssKib(process.pid()))
            .sum()
        / 1024.0;
  }

  private static long pssKib(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "smaps_rollup"))) {
      return lines
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      return 0; // ended meanwhile
    }
  }
}
