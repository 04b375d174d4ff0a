package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.PageTally;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongBiFunction;
import java.util.function.ToLongFunction;

/** Shows the workers' tallies as meters; they are added up when somebody asks. */
public final class FuseMeters {

  /** Requests that are shown under one name. */
  private record Operation(String name, List<Integer> opcodes) {}

  private static final List<Operation> OPERATIONS =
      List.of(
          new Operation("read", List.of(Opcode.READ)),
          new Operation("write", List.of(Opcode.WRITE)),
          new Operation("sync", List.of(Opcode.FSYNC, Opcode.FSYNCDIR, Opcode.SYNCFS)),
          new Operation("lookup", List.of(Opcode.LOOKUP)),
          new Operation("getattr", List.of(Opcode.GETATTR)),
          new Operation("setattr", List.of(Opcode.SETATTR)),
          new Operation("create", List.of(Opcode.MKNOD, Opcode.MKDIR, Opcode.SYMLINK, Opcode.LINK)),
          new Operation("remove", List.of(Opcode.UNLINK, Opcode.RMDIR)),
          new Operation("rename", List.of(Opcode.RENAME, Opcode.RENAME2)),
          new Operation("readdir", List.of(Opcode.READDIR)),
          new Operation("fallocate", List.of(Opcode.FALLOCATE)),
          new Operation("lseek", List.of(Opcode.LSEEK)),
          new Operation(
              "copy_file_range", List.of(Opcode.COPY_FILE_RANGE, Opcode.COPY_FILE_RANGE_64)),
          new Operation("forget", List.of(Opcode.FORGET, Opcode.BATCH_FORGET)),
          new Operation("statfs", List.of(Opcode.STATFS)));

  /** The workers that there are at a moment. */
  public interface Sessions {
    List<FuseSession> now();
  }

  private final Sessions sessions;

  public FuseMeters(Sessions sessions) {
    this.sessions = sessions;
  }

  public void addTo(MeterRegistry meters) {
    for (Operation operation : OPERATIONS) {
      FunctionTimer.builder(
              "coppice.fuse.requests",
              this,
              all -> all.total(operation, RequestTally::requests),
              all -> all.total(operation, RequestTally::nanos),
              TimeUnit.NANOSECONDS)
          .description("Requests of the kernel, and how long their answers took")
          .tag("operation", operation.name())
          .register(meters);
    }
    bytes(meters, "read", RequestTally::bytesRead);
    bytes(meters, "written", RequestTally::bytesWritten);
    for (PageTally.Kind kind : PageTally.Kind.values()) {
      pages(meters, "read", kind, tally -> tally.pagesRead().pages(kind));
      pages(meters, "written", kind, tally -> tally.pagesWritten().pages(kind));
    }
  }

  private void bytes(MeterRegistry meters, String direction, ToLongFunction<RequestTally> count) {
    counter(
        meters,
        FunctionCounter.builder("coppice.fuse.bytes", this, all -> all.total(count))
            .description("Bytes that passed through the mount, beside the kernel's cache")
            .tag("direction", direction));
  }

  private void pages(
      MeterRegistry meters,
      String direction,
      PageTally.Kind kind,
      ToLongFunction<RequestTally> count) {
    counter(
        meters,
        FunctionCounter.builder("coppice.store.pages", this, all -> all.total(count))
            .description("Pages asked for, by where they were; written and inherited: copied up")
            .tag("direction", direction)
            .tag("kind", kind.name().toLowerCase(Locale.ROOT)));
  }

  private static void counter(MeterRegistry meters, FunctionCounter.Builder<FuseMeters> builder) {
    var _ = builder.register(meters);
  }

  private long total(Operation operation, ToLongBiFunction<RequestTally, Integer> count) {
    return total(tally ->
        operation.opcodes().stream().mapToLong(opcode -> count.applyAsLong(tally, opcode)).sum());
  }

  private long total(ToLongFunction<RequestTally> count) {
    return sessions.now().stream()
        .flatMap(session -> session.tallies().stream())
        .mapToLong(count)
        .sum();
  }
}
