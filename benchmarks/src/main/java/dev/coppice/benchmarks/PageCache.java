package dev.coppice.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The kernel's cache of file contents (https://docs.kernel.org/admin-guide/sysctl/vm.html). */
final class PageCache {

  private static final Path DROP = Path.of("/proc/sys/vm/drop_caches");

  private PageCache() {}

  static boolean canBeDropped() {
    return Files.isWritable(DROP);
  }

  static void drop() throws IOException, InterruptedException {
    Pgbench.output(List.of("sync"));
    Files.writeString(DROP, "3\n");
  }
}
