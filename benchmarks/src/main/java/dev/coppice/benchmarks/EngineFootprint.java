package dev.coppice.benchmarks;

import dev.coppice.branches.engine.EngineMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What engines occupy, shared memory counted once. */
final class EngineFootprint {

  private static final double MIB = 1 << 20;

  private EngineFootprint() {}

  /**
   * The median over all engines of a server of their proportional set size, all processes of an
   * engine together (proc_pid_smaps_rollup, https://docs.kernel.org/filesystems/proc.html).
   */
  static double medianEngineMib(long serverPid) {
    double[] engines = engineMib(serverPid);
    return engines[engines.length / 2];
  }

  /** Of each engine of a server, in ascending order. */
  static double[] engineMib(long serverPid) {
    double[] engines =
        ProcessHandle.of(serverPid)
            .orElseThrow()
            .children()
            .filter(child -> child.info().command().orElse("").endsWith("/postgres"))
            .mapToDouble(engine -> EngineMemory.bytes(engine.pid()) / MIB)
            .sorted()
            .toArray();
    if (engines.length == 0) {
      throw new IllegalStateException("the server " + serverPid + " runs no engines");
    }
    return engines;
  }

  /** What one process has in memory, whoever else has it there too. */
  static double residentMib(long pid) throws IOException {
    return kib(Path.of("/proc", Long.toString(pid), "status"), "VmRSS:") / 1024.0;
  }

  private static long kib(Path file, String field) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    }
  }
}
