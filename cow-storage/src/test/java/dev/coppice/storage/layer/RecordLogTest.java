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
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
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

  private List<Long> read(RecordReader.Tail tail) {
    List<Long> seen = new ArrayList<>();
    RecordReader reader = RecordReader.open(DISK, path, MAX_BYTES);
    reader.header(MAGIC).requireId("log", ID);
    var _ = reader.read(MAGIC, tail, (payload, end) -> seen.add(payload.getLong()));
    return seen;
  }

  @Test
  void readsWhatWasAppended() {
    assertThat(read(RecordReader.Tail.KILLED)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void dropsATornRecordWhereverItWasTorn() throws IOException {
    byte[] whole = Files.readAllBytes(path);
    for (int torn = 1; torn < 16; torn++) {
      Files.write(path, Arrays.copyOf(whole, whole.length - torn));
      assertThat(read(RecordReader.Tail.KILLED)).as("torn by %d", torn).containsExactly(1L, 2L);
    }
  }

  @Test
  void goesOnBehindATornRecord() throws IOException {
    byte[] whole = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(whole, whole.length - 5));
    try (RecordLog log =
        RecordLog.open(
            DISK, path, MAGIC, ID, MAX_BYTES, RecordReader.Tail.KILLED, (p, end) -> {})) {
      assertThat(log.append(out -> out.putLong(9))).isPositive();
    }
    assertThat(read(RecordReader.Tail.KILLED)).containsExactly(1L, 2L, 9L);
  }

  @Test
  void refusesDamageInTheMiddleButForgivesItAfterAPowerLoss() throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    bytes[FileHeader.BYTES + 16 + 10] ^= 1;
    Files.write(path, bytes);
    assertThatExceptionOfType(CorruptStoreException.class)
        .isThrownBy(() -> read(RecordReader.Tail.KILLED));
    assertThat(read(RecordReader.Tail.POWER_LOST)).containsExactly(1L);
  }

  @Test
  void tellsEveryFlippedBitOfTheHeader() throws IOException {
    byte[] whole = Files.readAllBytes(path);
    for (int bit = 0; bit < FileHeader.BYTES * 8; bit++) {
      byte[] bytes = whole.clone();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(path, bytes);
      try {
        read(RecordReader.Tail.KILLED);
      } catch (CorruptStoreException | StorageException expected) {
        continue;
      }
      throw new AssertionError("bit " + bit + " of the header went unnoticed");
    }
  }

  @Test
  void tellsANewerAndAnOlderVersionFromDamage() throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    Files.write(path, withVersion(bytes, FileHeader.VERSION + 1));
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> read(RecordReader.Tail.KILLED))
        .matches(e -> e.failure() == StorageFailure.STORE_TOO_NEW);
    Files.write(path, withVersion(bytes, FileHeader.OLDEST_VERSION - 1));
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> read(RecordReader.Tail.KILLED))
        .matches(e -> e.failure() == StorageFailure.STORE_TOO_OLD);
  }

  private static byte[] withVersion(byte[] file, int version) {
    ByteBuffer bytes = ByteBuffer.wrap(file.clone()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(8, version);
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, 60);
    return bytes.putInt(60, (int) crc.getValue()).array();
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
            new LayerRecord.Synced(1, 2, 3),
            new LayerRecord.PowerLost(ID),
            new LayerRecord.PagesShared(1, 2, 3, 4, 5, 6),
            new StateRecord.PagesInherited(1, 2, 3, 4));
    for (LayerRecord record : records) {
      ByteBuffer buffer = ByteBuffer.allocate(200);
      record.encode(buffer);
      assertThat(LayerRecord.decode(buffer.flip())).isEqualTo(record);
    }
  }
}
