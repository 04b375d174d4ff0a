package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.SnapshotId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rot of what was durable is told, and told where it is. */
class DamageTest {

  @TempDir Path directory;
  private Path layer = Path.of("");
  private byte[] content = new byte[0];

  /** Leaves one sealed layer with a file of three pages, and a snapshot of it. */
  @BeforeEach
  void seal() throws IOException {
    content = new byte[20_000];
    Arrays.fill(content, (byte) 7);
    try (BranchStore store = StoreOpening.open(directory)) {
      BranchId id = store.create();
      CoreFiles files = new CoreFiles(store.branch(id));
      files.makeDirectory("base");
      files.create("base/table");
      files.write("base/table", 0, content);
      store.freeze(id, Set.of());
      store.awaitBackground();
    }
    try (Stream<Path> layers = Files.list(directory.resolve("layers"))) {
      layer = layers.toList().getFirst();
    }
  }

  private void flip(String file, long place) throws IOException {
    byte[] bytes = Files.readAllBytes(layer.resolve(file));
    bytes[(int) place] ^= 4;
    Files.write(layer.resolve(file), bytes);
  }

  private String delta() throws IOException {
    try (Stream<Path> files = Files.list(layer)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".delta"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void aSealedLayerHasAManifestAndNoLog() throws IOException {
    assertThat(layer.resolve("manifest")).exists();
    assertThat(layer.resolve("log")).doesNotExist();
    try (BranchStore store = StoreOpening.open(directory)) {
      SnapshotId snapshot = store.snapshots().iterator().next();
      BranchId child = store.fork(snapshot);
      assertThat(new CoreFiles(store.branch(child)).read().get("base/table"))
          .hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(content));
      assertThat(store.check().problems()).isEmpty();
      assertThat(store.check().pages()).isEqualTo(3);
    }
  }

  @Test
  void aFlippedBitInAPageIsFoundWithItsFilePageAndLayer() throws IOException {
    flip(delta(), 8192 + 100);
    try (BranchStore store = StoreOpening.open(directory)) {
      List<String> problems = store.check().problems();
      assertThat(problems).hasSize(1);
      assertThat(problems.getFirst())
          .contains(layer.getFileName().toString(), "page 1", "base/table", delta(), "checksum");
    }
  }

  @Test
  void aShortenedDeltaIsFound() throws IOException {
    Path delta = layer.resolve(delta());
    Files.write(delta, Arrays.copyOf(Files.readAllBytes(delta), 10_000));
    try (BranchStore store = StoreOpening.open(directory)) {
      assertThat(store.check().problems())
          .singleElement()
          .asString()
          .contains(layer.getFileName().toString(), "base/table");
    }
  }

  @Test
  void everyFlippedBitOfTheManifestIsToldByTheOpeningOrTheCheck() throws IOException {
    byte[] whole = Files.readAllBytes(layer.resolve("manifest"));
    for (int bit = 0; bit < whole.length * 8; bit += 5) {
      byte[] bytes = whole.clone();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(layer.resolve("manifest"), bytes);
      try (BranchStore store = StoreOpening.open(directory)) {
        assertThat(store.check().problems()).as("bit %d", bit).isNotEmpty();
      } catch (CorruptStoreException e) {
        assertThat(e).hasMessageContaining("manifest");
      }
    }
  }

  @Test
  void aMissingLayerIsTold() throws IOException {
    Files.delete(layer.resolve("manifest"));
    assertThatExceptionOfType(CorruptStoreException.class)
        .isThrownBy(() -> StoreOpening.open(directory))
        .withMessageContaining(layer.getFileName().toString());
  }

  @Test
  void rotInTheMidstOfTheJournalDeletesNothing() throws IOException {
    Path journal = directory.resolve("journal");
    byte[] whole = Files.readAllBytes(journal);
    byte[] bytes = whole.clone();
    bytes[64 + 20] ^= 1;
    Files.write(journal, bytes);
    assertThatExceptionOfType(CorruptStoreException.class)
        .isThrownBy(() -> StoreOpening.open(directory));
    assertThat(layer.resolve("manifest")).exists();
    Files.write(journal, whole);
    try (BranchStore store = StoreOpening.open(directory)) {
      assertThat(store.check().problems()).isEmpty();
    }
  }
}
