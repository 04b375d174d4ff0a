package dev.coppice.benchmarks;

import dev.coppice.proxy.PassingText;
import dev.coppice.proxy.SessionTap;
import dev.coppice.proxy.StatementTap;
import dev.coppice.proxy.TappedSession;
import java.util.Optional;

/**
 * Does what a journal of statements does while they pass: keeps the texts, and the time of each
 * message. Sees one branch alone, so that it can be compared with another one of the same server.
 */
public final class CopyingTap implements StatementTap {

  static final String BRANCH = "tapped";

  private static final int KEPT = 256;

  @Override
  public Optional<SessionTap> begin(TappedSession session) {
    return session.branch().equals(BRANCH) ? Optional.of(new Session()) : Optional.empty();
  }

  private static final class Session implements SessionTap {

    private final byte[][] texts = new byte[KEPT][];
    private final long[] nanos = new long[KEPT];
    private int next;

    private void keep(PassingText text) {
      texts[next] = text.copy();
      now();
    }

    private void now() {
      nanos[next] = System.nanoTime();
      next = (next + 1) % KEPT;
    }

    @Override
    public void query(PassingText statements) {
      keep(statements);
    }

    @Override
    public void parse(PassingText name, PassingText statement) {
      keep(name);
      keep(statement);
    }

    @Override
    public void bind(PassingText portal, PassingText statement) {
      keep(portal);
      keep(statement);
    }

    @Override
    public void execute(PassingText portal) {
      keep(portal);
    }

    @Override
    public void completed(PassingText tag) {
      keep(tag);
    }

    @Override
    public void failed(PassingText sqlState) {
      keep(sqlState);
    }

    @Override
    public void ready(char transaction) {
      now();
    }
  }
}
