package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine on a file system of 120 MB is to take 230 MB. */
class DiskFullIT {

  @TempDir private Path mountPoint;

  @Test
  void saysThatTheLocalDiskIsFull() throws Exception {
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=120m,mode=0755", "tmpfs", mountPoint));
    try (PostgresServer source = PostgresServer.start("postgres")) {
      source.execute("postgres", "CREATE DATABASE big");
      source.execute(
          "big",
          "CREATE TABLE wide AS SELECT g, repeat('x', 1100) FROM generate_series(1, 200000) g");
      try (PostgresServer engine =
          PostgresServer.startIn(mountPoint, "coppice", "wal_level=minimal", "max_wal_senders=0")) {
        LocalEngine target =
            new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser());
        Source big = Source.at(SourceAddress.parse(source.superuserUrl("big")));

        SourceException e =
            catchThrowableOfType(
                SourceException.class, () -> big.pull(target, new PullOptions(2), event -> {}));

        assertThat(e.failure()).isEqualTo(SourceFailure.LOCAL_DISK_FULL);
        assertThat(e.hint()).contains("space");
      }
    } finally {
      run("umount", mountPoint);
    }
  }

  private static boolean run(String program, Object... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(program));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return new ProcessBuilder(command).start().waitFor() == 0;
  }
}
