package dev.coppice.storage.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StoreTooNewException;
import dev.coppice.storage.StoreTooOldException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The first bytes of a file of records.
 *
 * @param magic eight ASCII characters
 * @param origin what is added to a place in the file to give an offset of the log
 * @param sureEnd everything before this place was durable before the file got its name
 * @param stateEnd the place behind the records of a manifest that tell the layer's state
 */
record FileHeader(String magic, UUID id, long origin, long sureEnd, long stateEnd) {

  static final int BYTES = 64;
  static final int VERSION = 3;

  /** Has no records of shared pages, and is the same otherwise. */
  static final int OLDEST_VERSION = 2;

  private static final int VERSION_OFFSET = 8;
  private static final int ID_OFFSET = 16;
  private static final int ORIGIN_OFFSET = 32;
  private static final int CRC_OFFSET = 60;

  static FileHeader fresh(String magic, UUID id) {
    return new FileHeader(magic, id, 0, 0, 0);
  }

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.put(magic.getBytes(US_ASCII)).putInt(VERSION).putInt(0);
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    out.putLong(origin).putLong(sureEnd).putLong(stateEnd);
    out.putInt(CRC_OFFSET, crc(out));
    return out.clear();
  }

  private static int crc(ByteBuffer header) {
    CRC32C crc = new CRC32C();
    crc.update(header.slice(0, CRC_OFFSET));
    return (int) crc.getValue();
  }

  /**
   * @param name of the file, for what is thrown
   */
  static FileHeader decode(String name, ByteBuffer bytes, String magic) {
    if (bytes.limit() < BYTES) {
      throw new CorruptStoreException(name, 0, "a header", bytes.limit() + " bytes");
    }
    byte[] found = new byte[magic.length()];
    bytes.get(0, found);
    String foundMagic = new String(found, ISO_8859_1);
    if (!foundMagic.equals(magic)) {
      throw new CorruptStoreException(name, 0, magic, foundMagic);
    }
    int crc = crc(bytes);
    int foundCrc = bytes.getInt(CRC_OFFSET);
    if (foundCrc != crc) {
      throw new CorruptStoreException(
          name, CRC_OFFSET, Integer.toHexString(crc), Integer.toHexString(foundCrc));
    }
    int version = bytes.getInt(VERSION_OFFSET);
    if (version > VERSION) {
      throw new StoreTooNewException(name, version, VERSION);
    }
    if (version < OLDEST_VERSION) {
      throw new StoreTooOldException(name, version, OLDEST_VERSION);
    }
    UUID id = new UUID(bytes.getLong(ID_OFFSET), bytes.getLong(ID_OFFSET + Long.BYTES));
    return new FileHeader(
        magic,
        id,
        bytes.getLong(ORIGIN_OFFSET),
        bytes.getLong(ORIGIN_OFFSET + Long.BYTES),
        bytes.getLong(ORIGIN_OFFSET + 2 * Long.BYTES));
  }

  void requireId(String name, UUID expected) {
    if (!id.equals(expected)) {
      throw new CorruptStoreException(name, ID_OFFSET, expected.toString(), id.toString());
    }
  }
}
