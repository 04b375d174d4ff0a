package dev.coppice.storage.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.RealDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordLogTest {

  private static final String MAGIC = "TESTLOG1";
  private static final Disk DISK = new RealDisk();
  private static final UUID ID = new UUID(1, 2);
  private static final int MAX_BYTES = 100;

  @TempDir Path directory;
  private Path path = Path.of("");

  @BeforeEach
  void writeThreeRecords() {
    path = directory.resolve("log");
    try (RecordLog log = RecordLog.create(DISK, path, MAGIC, ID, MAX_BYTES, 0)) {
      for (long number = 1; number <= 3; number++) {
        long value = number;
        assertThat(log.append(out -> out.putLong(value))).isPositive();
      }
      assertThat(log.sync(log.position())).isZero();
    }
  }

  private List<Long> read(RecordLog.Tail tail) {
    List<Long> seen = new ArrayList<>();
    RecordLog.read(
        DISK, path, MAGIC, ID, MAX_BYTES, tail, (payload, end) -> seen.add(payload.getLong()));
    return seen;
  }

  @Test
  void readsWhatWasAppended() {
    assertThat(read(RecordLog.Tail.KILLED)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void dropsATornRecordWhereverItWasTorn() throws IOException {
    byte[] whole = Files.readAllBytes(path);
    for (int torn = 1; torn < 16; torn++) {
      Files.write(path, Arrays.copyOf(whole, whole.length - torn));
      assertThat(read(RecordLog.Tail.KILLED)).as("torn by %d", torn).containsExactly(1L, 2L);
    }
  }

  @Test
  void goesOnBehindATornRecord() throws IOException {
    byte[] whole = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(whole, whole.length - 5));
    try (RecordLog log =
        RecordLog.open(
            DISK, path, MAGIC, ID, MAX_BYTES, 0, RecordLog.Tail.KILLED, (p, end) -> {})) {
      assertThat(log.append(out -> out.putLong(9))).isPositive();
    }
    assertThat(read(RecordLog.Tail.KILLED)).containsExactly(1L, 2L, 9L);
  }

  @Test
  void refusesDamageInTheMiddleButForgivesItAfterAPowerLoss() throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    bytes[RecordLog.HEADER_BYTES + 16 + 10] ^= 1;
    Files.write(path, bytes);
    assertThatExceptionOfType(CorruptStoreException.class)
        .isThrownBy(() -> read(RecordLog.Tail.KILLED));
    assertThat(read(RecordLog.Tail.POWER_LOST)).containsExactly(1L);
  }

  @Test
  void tellsEveryFlippedBitOfTheHeader() throws IOException {
    byte[] whole = Files.readAllBytes(path);
    for (int bit = 0; bit < RecordLog.HEADER_BYTES * 8; bit++) {
      byte[] bytes = whole.clone();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(path, bytes);
      try {
        read(RecordLog.Tail.KILLED);
      } catch (CorruptStoreException | StorageException expected) {
        continue;
      }
      throw new AssertionError("bit " + bit + " of the header went unnoticed");
    }
  }

  @Test
  void tellsANewerAndAnOlderVersionFromDamage() throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    bytes[8] = 2;
    Files.write(path, bytes);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> read(RecordLog.Tail.KILLED))
        .matches(e -> e.failure() == StorageFailure.STORE_TOO_NEW);
    bytes[8] = 0;
    Files.write(path, bytes);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> read(RecordLog.Tail.KILLED))
        .matches(e -> e.failure() == StorageFailure.STORE_TOO_OLD);
  }

  @Test
  void everyRecordOfALayerSurvivesEncoding() {
    List<LayerRecord> records =
        List.of(
            new LayerRecord.Created(1, 2, "name", 0644, "target", 3),
            new LayerRecord.Linked(1, 2, "name", 3),
            new LayerRecord.Unlinked(1, "\u00e4", 2),
            new LayerRecord.Renamed(1, 2, "from", 3, "to", true, 4),
            new LayerRecord.AttributesSet(1, 0600, 2, 3),
            new LayerRecord.PagesWritten(1, 2, 3, 4, 5),
            new LayerRecord.Resized(1, 2, 3),
            new LayerRecord.Synced(1, 2),
            new LayerRecord.PowerLost());
    for (LayerRecord record : records) {
      ByteBuffer buffer = ByteBuffer.allocate(200);
      record.encode(buffer);
      assertThat(LayerRecord.decode(buffer.flip())).isEqualTo(record);
    }
  }
}
