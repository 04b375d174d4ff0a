package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import dev.coppice.providers.pgoutput.ReplicationMessage;

/** What the reader of a stream hands to the writer of a base, in the order of commits. */
sealed interface StreamItem {

  /** About how much memory it takes. */
  int bytes();

  /**
   * Whether all that was committed before that position has come before this; asked between two
   * transactions.
   */
  boolean liesBehind(Lsn position);

  record Message(ReplicationMessage message, int bytes) implements StreamItem {
    @Override
    public boolean liesBehind(Lsn position) {
      return message instanceof ReplicationMessage.Begin begin
          && begin.finalLsn().atLeast(position);
    }
  }

  /** A transaction that came in pieces while it was running, and has committed. */
  record Spooled(SpooledTransaction changes, ReplicationMessage.StreamCommit commit)
      implements StreamItem {
    @Override
    public int bytes() {
      return 64;
    }

    @Override
    public boolean liesBehind(Lsn position) {
      return commit.commitLsn().atLeast(position);
    }
  }

  /** Nothing that concerns the base was committed between the last item and this position. */
  record Quiet(Lsn lsn) implements StreamItem {
    @Override
    public int bytes() {
      return 64;
    }

    @Override
    public boolean liesBehind(Lsn position) {
      return lsn.atLeast(position);
    }
  }
}
