package dev.coppice.providers;

import dev.coppice.providers.pgoutput.MessageDecoder;
import dev.coppice.providers.pgoutput.ReplicationMessage;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/**
 * The changes of one large transaction, in a file until it is known whether it commits. The source
 * sends them again after a restart, so the file is worth nothing then.
 */
final class SpooledTransaction implements AutoCloseable {

  @FunctionalInterface
  interface Sink {
    void accept(ReplicationMessage message) throws SQLException, InterruptedException;
  }

  private final Path file;
  private final DataOutputStream out;
  private final Set<Integer> rolledBack = new HashSet<>();
  private int count;

  SpooledTransaction(Path directory, int xid) throws IOException {
    this.file = Files.createTempFile(directory, "transaction-" + Integer.toUnsignedString(xid), "");
    this.out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16));
  }

  /**
   * @param subtransaction that made the change
   * @param message without the transaction's number
   */
  void add(int subtransaction, byte[] message) throws IOException {
    out.writeInt(subtransaction);
    out.writeInt(message.length);
    out.write(message);
    count++;
  }

  void rollBack(int subtransaction) {
    rolledBack.add(subtransaction);
  }

  /** What describes tables counts also if it came within what was rolled back: it comes once. */
  void replay(Sink sink) throws SQLException, InterruptedException {
    try {
      out.flush();
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
        for (int i = 0; i < count; i++) {
          int subtransaction = in.readInt();
          byte[] bytes = in.readNBytes(in.readInt());
          boolean description = bytes[0] == 'R' || bytes[0] == 'Y';
          if (description || !rolledBack.contains(subtransaction)) {
            sink.accept(MessageDecoder.decode(ByteBuffer.wrap(bytes)));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      // What was not written is not needed any more.
    }
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
