package dev.coppice.providers;

import dev.coppice.providers.pgoutput.ReplicationMessage;

/** A table of the source is another one than the base's. */
final class TableDrift extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long oid;
  private final transient TableName table;

  /**
   * @param oid its number on the source
   */
  TableDrift(long oid, TableName table, String what) {
    super("table " + table.readable() + " " + what);
    this.oid = oid;
    this.table = table;
  }

  TableDrift(ReplicationMessage.Relation relation, String what) {
    this(
        Integer.toUnsignedLong(relation.id()),
        new TableName(relation.schema(), relation.name()),
        what);
  }

  long oid() {
    return oid;
  }

  TableName table() {
    return table;
  }

  /** What it means where the table is not copied by itself. */
  SourceException failure() {
    return FollowedTables.drifted(String.valueOf(getMessage()));
  }

  SourceException failure(String obstacle) {
    return FollowedTables.drifted(
        getMessage() + ", and it cannot be copied by itself: " + obstacle);
  }
}
