package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.posix.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A branch may not hold more of its own than it was given. */
class QuotaIT {

  private static final int CHUNK = 1 << 20;
  private static final long QUOTA = 16L * CHUNK;

  @RegisterExtension private final StoreHome home = new StoreHome();

  /** Writes until it is refused, for at most 256 chunks; returns how many were written. */
  private static int fill(Path path, long from) {
    int fd = SystemCalls.open(path, SystemCalls.O_RDWR | SystemCalls.O_CREAT, 0600);
    int written = 0;
    long result = 0;
    while (result == 0 && written < 256) {
      long done = SystemCalls.pwrite(fd, new byte[CHUNK], from + (long) written * CHUNK);
      result = done == CHUNK ? SystemCalls.fsync(fd) : done;
      written += result == 0 ? 1 : 0;
    }
    SystemCalls.close(fd);
    assertThat(result).isIn(0L, (long) -Errno.ENOSPC);
    return written;
  }

  @Test
  void growsUpToItsQuotaAndAgainOnceThereIsRoom() throws IOException {
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      Path root = store.path(branch);
      assertThat(fill(root.resolve("base"), 0)).isEqualTo(256);
      BranchId child = store.fork(branch, Set.of());
      store.limit(child, Optional.of(new Quota(QUOTA, Set.of("wal"))));
      Path own = store.path(child);
      assertThat(fill(own.resolve("grows"), 0)).isBetween(14, 16);
      assertThat(store.space(child).ownBytes()).isBetween(14L * CHUNK, QUOTA);
      assertThat(SystemCalls.truncate(own.resolve("grows"), 4L * CHUNK)).isZero();
      Deadline.await(
          "truncated space to come back", () -> store.space(child).ownBytes() < 6L * CHUNK);
      Deadline.await("room to be noticed", () -> fill(own.resolve("grows"), 4L * CHUNK) > 8);
      store.limit(child, Optional.empty());
      assertThat(fill(own.resolve("free"), 0)).isEqualTo(256);
      assertThat(fill(root.resolve("other"), 0)).isEqualTo(256);
    }
  }

  @Test
  void whatEndsAProgramInOrderMayUseTheReserve() throws IOException {
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      fill(store.path(branch).resolve("base"), 0);
      BranchId child = store.fork(branch, Set.of());
      store.limit(child, Optional.of(new Quota(QUOTA, Set.of("wal"))));
      Path root = store.path(child);
      Files.createDirectory(root.resolve("wal"));
      fill(root.resolve("grows"), 0);
      Files.write(root.resolve("small"), new byte[8192]);
      int inReserve = fill(root.resolve("wal/1"), 0);
      assertThat(inReserve).isBetween(20, 66);
      Files.delete(root.resolve("wal/1"));
      Deadline.await(
          "deleted space to come back", () -> store.space(child).ownBytes() < 17L * CHUNK);
      int fd = SystemCalls.open(root.resolve("base"), SystemCalls.O_RDWR, 0);
      Deadline.await(
          "overwriting to be allowed",
          () -> SystemCalls.pwrite(fd, new byte[CHUNK], 0) == CHUNK && SystemCalls.fsync(fd) == 0);
      assertThat(SystemCalls.fallocate(fd, 0, 256L * CHUNK, CHUNK)).isEqualTo(-Errno.ENOSPC);
      assertThat(SystemCalls.close(fd)).isZero();
    }
  }

  @Test
  void isWhatTheFileSystemTells() throws IOException {
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      store.limit(branch, Optional.of(new Quota(QUOTA, Set.of())));
      Path root = store.path(branch);
      Files.write(root.resolve("file"), new byte[4 * CHUNK]);
      assertThat(root.toFile().getTotalSpace()).isEqualTo(QUOTA);
      assertThat(root.toFile().getUsableSpace()).isBetween(11L * CHUNK, 12L * CHUNK);
      BranchId child = store.fork(branch, Set.of());
      assertThat(root.toFile().getUsableSpace()).isGreaterThan(15L * CHUNK);
      store.delete(child);
    }
  }
}
