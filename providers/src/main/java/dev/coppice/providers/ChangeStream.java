package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import dev.coppice.providers.pgoutput.MessageDecoder;
import dev.coppice.providers.pgoutput.ReplicationMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Reads a slot's stream on a thread of its own, keeps its session alive however long the base takes
 * to write, and tells the source what is durable here.
 */
final class ChangeStream implements AutoCloseable {

  private static final int FIRST_MAJOR_WITH_STREAMING = 14;
  private static final long STATUS_MILLIS = 1_000;
  private static final long IDLE_MILLIS = 5;

  private final PGReplicationStream stream;
  private final StreamQueue queue;
  private final Path spoolDirectory;
  private final Supplier<Lsn> durable;
  private final Map<Integer, SpooledTransaction> running = new HashMap<>();

  private @Nullable SpooledTransaction open;
  private int openXid;
  private boolean inTransaction;
  private Lsn told = Lsn.ZERO;
  private Lsn received = Lsn.ZERO;

  private ChangeStream(
      PGReplicationStream stream, StreamQueue queue, Path spoolDirectory, Supplier<Lsn> durable) {
    this.stream = stream;
    this.queue = queue;
    this.spoolDirectory = spoolDirectory;
    this.durable = durable;
  }

  /**
   * @param start transactions that had committed there do not come again
   * @param durable the position up to which the base has everything on disk
   */
  static ChangeStream open(
      Connection replication,
      FollowPlan plan,
      Lsn start,
      int major,
      StreamQueue queue,
      Path spoolDirectory,
      Supplier<Lsn> durable)
      throws SQLException {
    boolean newer = major >= FIRST_MAJOR_WITH_STREAMING;
    var builder =
        replication
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName(plan.slot())
            .withStartPosition(LogSequenceNumber.valueOf(start.value()))
            .withAutomaticFlush(false)
            .withStatusInterval((int) STATUS_MILLIS, TimeUnit.MILLISECONDS)
            .withSlotOption("proto_version", newer ? 2 : 1)
            .withSlotOption("publication_names", SqlText.identifier(plan.publication()));
    if (newer) {
      builder.withSlotOption("streaming", "on").withSlotOption("messages", "true");
    }
    return new ChangeStream(builder.start(), queue, spoolDirectory, durable);
  }

  /** Until the session ends or the thread is interrupted. */
  void read() throws SQLException, IOException, InterruptedException {
    while (true) {
      ByteBuffer message = stream.readPending();
      if (message == null) {
        quiet();
        tellDurable();
        TimeUnit.MILLISECONDS.sleep(IDLE_MILLIS);
      } else {
        take(message);
        tellDurable();
      }
    }
  }

  private void take(ByteBuffer message) throws SQLException, IOException, InterruptedException {
    int size = message.remaining();
    byte type = message.get(message.position());
    if (open != null && type != 'E') {
      spool(open, message);
      return;
    }
    switch (MessageDecoder.decode(message)) {
      case ReplicationMessage.StreamStart start -> {
        openXid = start.xid();
        SpooledTransaction known = running.get(start.xid());
        if (known == null) {
          known = new SpooledTransaction(spoolDirectory, start.xid());
          running.put(start.xid(), known);
        }
        open = known;
      }
      case ReplicationMessage.StreamStop stop -> open = null;
      case ReplicationMessage.StreamAbort abort -> rollBack(abort);
      case ReplicationMessage.StreamCommit commit -> {
        SpooledTransaction changes = running.remove(commit.xid());
        if (changes == null) {
          throw new IllegalStateException("a commit of unknown transaction " + commit.xid());
        }
        put(new StreamItem.Spooled(changes, commit));
      }
      case ReplicationMessage.Begin begin -> {
        inTransaction = true;
        put(new StreamItem.Message(begin, size));
      }
      case ReplicationMessage.Commit commit -> {
        inTransaction = false;
        put(new StreamItem.Message(commit, size));
      }
      case ReplicationMessage other -> put(new StreamItem.Message(other, size));
    }
  }

  private void spool(SpooledTransaction transaction, ByteBuffer message) throws IOException {
    byte type = message.get();
    int subtransaction = message.getInt();
    byte[] bytes = new byte[1 + message.remaining()];
    bytes[0] = type;
    message.get(bytes, 1, bytes.length - 1);
    transaction.add(subtransaction == 0 ? openXid : subtransaction, bytes);
  }

  private void rollBack(ReplicationMessage.StreamAbort abort) {
    if (abort.subtransaction() == abort.xid()) {
      SpooledTransaction whole = running.remove(abort.xid());
      if (whole != null) {
        whole.close();
      }
    } else {
      SpooledTransaction transaction = running.get(abort.xid());
      if (transaction != null) {
        transaction.rollBack(abort.subtransaction());
      }
    }
  }

  /** All that was sent is here, and the server says how far it has looked for more. */
  private void quiet() throws SQLException, InterruptedException {
    Lsn now = new Lsn(stream.getLastReceiveLSN().asLong());
    if (!inTransaction && open == null && !received.atLeast(now)) {
      received = now;
      put(new StreamItem.Quiet(now));
    }
  }

  private void put(StreamItem item) throws SQLException, InterruptedException {
    while (!queue.offer(item, STATUS_MILLIS)) {
      tellDurable();
      stream.forceUpdateStatus();
    }
  }

  private void tellDurable() throws SQLException {
    Lsn now = durable.get();
    if (!told.atLeast(now)) {
      told = now;
      LogSequenceNumber position = LogSequenceNumber.valueOf(now.value());
      stream.setFlushedLSN(position);
      stream.setAppliedLSN(position);
    }
  }

  /** After its session was closed. */
  @Override
  public void close() {
    running.values().forEach(SpooledTransaction::close);
    running.clear();
  }
}
