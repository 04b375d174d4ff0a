package dev.coppice.providers.pgoutput;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A message of the stream. Changes name their table by the number that a {@link Relation} gave. */
public sealed interface ReplicationMessage {

  /** What a transaction consists of. */
  sealed interface Change extends ReplicationMessage {}

  /**
   * @param finalLsn where its commit record begins
   */
  record Begin(Lsn finalLsn, Instant committedAt, int xid) implements ReplicationMessage {}

  /**
   * @param endLsn where the log goes on behind the transaction
   */
  record Commit(Lsn commitLsn, Lsn endLsn, Instant committedAt) implements ReplicationMessage {}

  /** The changes of this transaction came to the source from another server. */
  record Origin(Lsn lsn, String name) implements Change {}

  /** Describes a table, before its first change and whenever it was altered. */
  record Relation(int id, String schema, String name, char replicaIdentity, List<Column> columns)
      implements Change {
    public Relation {
      columns = List.copyOf(columns);
    }
  }

  /**
   * @param key whether it belongs to the replica identity
   */
  record Column(boolean key, String name, int typeId, int typeModifier) {}

  /** Describes a type that is not built in. */
  record Type(int id, String schema, String name) implements Change {}

  record Insert(int relation, List<ColumnValue> row) implements Change {}

  /**
   * @param old what identifies the row where that has changed, or all of it under {@code REPLICA
   *     IDENTITY FULL}
   */
  record Update(int relation, Optional<OldRow> old, List<ColumnValue> row) implements Change {}

  record Delete(int relation, OldRow old) implements Change {}

  /**
   * @param whole whether it holds all columns, else those of the replica identity
   */
  record OldRow(boolean whole, List<ColumnValue> row) {}

  record Truncate(List<Integer> relations, boolean cascade, boolean restartIdentity)
      implements Change {
    public Truncate {
      relations = List.copyOf(relations);
    }
  }

  /** What {@code pg_logical_emit_message} wrote. */
  record Emitted(boolean transactional, Lsn lsn, String prefix, String content) implements Change {}

  /** Changes of a transaction that is still running follow. */
  record StreamStart(int xid, boolean first) implements ReplicationMessage {}

  record StreamStop() implements ReplicationMessage {}

  record StreamCommit(int xid, Lsn commitLsn, Lsn endLsn, Instant committedAt)
      implements ReplicationMessage {}

  /**
   * @param subtransaction equals {@code xid} if all of it was rolled back
   */
  record StreamAbort(int xid, int subtransaction) implements ReplicationMessage {}
}
