package dev.coppice.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The store through its mount, as ordinary programs see it. */
class PageStoreIT {

  @RegisterExtension private final StoreHome home = new StoreHome();

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void behavesAsPlainMapsThroughTheMount(long seed) throws IOException {
    FileScript script = new FileScript(seed);
    Map<BranchId, ModelFiles> models = new HashMap<>();
    try (PageStore store = home.open()) {
      BranchId at = store.create();
      models.put(at, new ModelFiles());
      for (int step = 1; step <= 2_000; step++) {
        MountedFiles files = new MountedFiles(store.path(at));
        ModelFiles model = models.computeIfAbsent(at, id -> new ModelFiles());
        script.step(files, model);
        if (step % 100 == 0) {
          script.compare("before a fork", files, model);
          BranchId child = store.fork(at, Set.of());
          models.put(child, model.copy());
          at = script.random().nextBoolean() ? child : at;
        }
      }
      models.forEach((id, model) -> script.compare("end", new MountedFiles(store.path(id)), model));
      assertThat(store.check().problems()).isEmpty();
    }
    try (PageStore store = home.open()) {
      assertThat(store.branches()).isEqualTo(models.keySet());
      models.forEach(
          (id, model) -> script.compare("reopened", new MountedFiles(store.path(id)), model));
    }
  }

  @Test
  void theBeginningOfAFileIsReadWithoutTheMount() throws IOException {
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      Path directory = Files.createDirectory(store.path(branch).resolve("global"));
      Files.writeString(directory.resolve("control"), "0123456789");
      BranchId child = store.fork(branch, Set.of());
      Files.writeString(directory.resolve("control"), "abc");

      assertThat(store.read(child, "global/control", 4)).hasValue("0123".getBytes(UTF_8));
      assertThat(store.read(branch, "global/control", 100)).hasValue("abc".getBytes(UTF_8));
      assertThat(store.read(branch, "global/control", 0)).hasValue(new byte[0]);
      assertThat(store.read(branch, "global", 4)).isEmpty();
      assertThat(store.read(branch, "global/absent", 4)).isEmpty();
      assertThat(store.read(branch, "control/global", 4)).isEmpty();
      Files.delete(directory.resolve("control"));
      assertThat(store.read(branch, "global/control", 4)).isEmpty();
    }
  }

  @Test
  void anUnlinkedFileStaysUsableWhileItIsOpenAcrossAFreeze() throws IOException {
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      Path path = store.path(branch).resolve("file");
      Files.writeString(path, "before");
      try (FileChannel channel =
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        Files.delete(path);
        BranchId child = store.fork(branch, Set.of());
        assertThat(store.path(child).resolve("file")).doesNotExist();
        channel.write(ByteBuffer.wrap("after!".getBytes(UTF_8)), 0);
        channel.force(true);
        ByteBuffer read = ByteBuffer.allocate(10);
        assertThat(channel.read(read, 0)).isEqualTo(6);
        assertThat(new String(read.array(), 0, 6, UTF_8)).isEqualTo("after!");
      }
    }
  }

  @Test
  void takesOverAPlainDirectoryWithoutCopyingIt() throws IOException {
    byte[] odd = new byte[3 * 8192 + 5];
    new Random(13).nextBytes(odd);
    BranchId child;
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      try (Staging staging = store.stage()) {
        Path plain = staging.directory();
        assertThat((int) Files.getAttribute(plain, "unix:uid")).isEqualTo(12_345);
        Files.createDirectories(plain.resolve("base/1"));
        Files.write(plain.resolve("base/1/odd"), odd);
        Files.writeString(plain.resolve("PG_VERSION"), "15\n");
        Files.createFile(plain.resolve("empty"));
        Files.createSymbolicLink(plain.resolve("link"), Path.of("base/1"));
        store.fill(branch, staging);
      }
      child = store.fork(branch, Set.of("PG_VERSION"));
      Files.writeString(store.path(branch).resolve("empty"), "not any more");
      requireTakenOver(store.path(child), odd);
      assertThat(store.path(branch).resolve("PG_VERSION")).hasContent("15\n");
      assertThat(store.occupiedBytes(Set.of(branch), Set.of())).isGreaterThan(odd.length);
    }
    assertThat(home.resolve("store/incoming")).isEmptyDirectory();
    try (PageStore store = home.open()) {
      requireTakenOver(store.path(child), odd);
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private static void requireTakenOver(Path root, byte[] odd) throws IOException {
    assertThat(root.resolve("base/1/odd")).hasBinaryContent(odd);
    assertThat(root.resolve("link/odd")).hasSize(odd.length);
    assertThat(root.resolve("empty")).isEmptyFile();
    assertThat(root.resolve("PG_VERSION")).doesNotExist();
  }

  @Test
  void removesTheStagingOfAKilledPredecessor() throws IOException {
    Path left;
    try (PageStore store = home.open()) {
      left = store.stage().directory();
      Files.writeString(left.resolve("file"), "unfinished");
    }
    try (PageStore store = home.open()) {
      assertThat(left).doesNotExist();
      assertThat(home.resolve("store/incoming")).doesNotExist();
      assertThat(store.branches()).isEmpty();
    }
  }

  @Test
  void knowsLinksAndSymbolicLinks() throws IOException {
    try (PageStore store = home.open()) {
      Path root = store.path(store.create());
      Files.writeString(root.resolve("a"), "text");
      Files.createLink(root.resolve("b"), root.resolve("a"));
      Files.createSymbolicLink(root.resolve("c"), Path.of("a"));
      assertThat((int) Files.getAttribute(root.resolve("a"), "unix:nlink")).isEqualTo(2);
      Files.delete(root.resolve("a"));
      assertThat(root.resolve("b")).hasContent("text");
      assertThat(Files.readSymbolicLink(root.resolve("c"))).isEqualTo(Path.of("a"));
      assertThat((int) Files.getAttribute(root.resolve("b"), "unix:nlink")).isEqualTo(1);
      assertThat((int) Files.getAttribute(root.resolve("b"), "unix:uid")).isEqualTo(12_345);
    }
  }

  @Test
  void forksWithoutTheNamesGivenAndTheParentKeepsThem() throws IOException {
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      Files.writeString(store.path(branch).resolve("postmaster.pid"), "1");
      Files.writeString(store.path(branch).resolve("kept"), "2");
      SnapshotId snapshot = store.freeze(branch, Set.of("postmaster.pid", "absent"));
      Files.writeString(store.path(branch).resolve("kept"), "3");
      BranchId child = store.fork(snapshot);
      assertThat(store.path(child).resolve("postmaster.pid")).doesNotExist();
      assertThat(store.path(child).resolve("kept")).hasContent("2");
      assertThat(store.path(branch).resolve("postmaster.pid")).hasContent("1");
      assertThat(store.path(branch).resolve("kept")).hasContent("3");
      assertThat(store.space(child).ownBytes()).isLessThan(20_000);
    }
    try (PageStore store = home.open()) {
      assertThat(store.branches()).hasSize(2);
      assertThat(store.snapshots()).hasSize(1);
    }
  }

  @Test
  void aDeletedBranchIsGoneFromTheMountAndItsSpaceIsFreed() throws IOException {
    try (PageStore store = home.open()) {
      BranchId branch = store.create();
      Path path = store.path(branch);
      Files.write(path.resolve("file"), new byte[1 << 20]);
      assertThat(store.space(branch).ownBytes()).isGreaterThanOrEqualTo(1 << 20);
      store.delete(branch);
      Deadline.await("the branch to disappear", () -> !Files.exists(path));
      Deadline.await("its layers to be deleted", () -> isEmpty(home.resolve("store/layers")));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> store.delete(branch))
          .matches(e -> e.failure() == StorageFailure.BRANCH_UNKNOWN);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }

  @Test
  void refusesASecondOpeningAndForeignNamesAtTheTop() throws IOException {
    try (PageStore store = home.open()) {
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(home::open)
          .matches(e -> e.failure() == StorageFailure.STORE_IN_USE);
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> Files.createDirectory(store.mountPoint().resolve("x")));
      BranchId branch = store.create();
      Files.createFile(store.path(branch).resolve("x"));
      assertThatExceptionOfType(FileAlreadyExistsException.class)
          .isThrownBy(() -> Files.createFile(store.path(branch).resolve("x")));
    }
  }
}
