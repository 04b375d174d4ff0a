package dev.coppice.server.bench;

import dev.coppice.server.output.DiskSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a figure must be read beside. */
public record MachineFacts(
    int cores, long memoryBytes, String kernel, String filesystem, String java, String postgres) {

  /**
   * @param directory whose file system the benchmark wrote to
   */
  static MachineFacts of(Path directory, String postgres) throws IOException {
    return new MachineFacts(
        Runtime.getRuntime().availableProcessors(),
        installedMemory(),
        System.getProperty("os.version"),
        DiskSystem.typeOf(directory),
        System.getProperty("java.runtime.version"),
        postgres);
  }

  private static long installedMemory() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
      return lines
          .filter(line -> line.startsWith("MemTotal:"))
          .map(line -> line.replaceAll("\\D", ""))
          .mapToLong(kib -> Long.parseLong(kib) * 1024)
          .findFirst()
          .orElse(0);
    }
  }
}
