package dev.coppice.proxy.session;

import dev.coppice.proxy.PassingText;
import dev.coppice.proxy.SessionTap;
import dev.coppice.proxy.StatementTap;
import dev.coppice.proxy.TappedSession;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down all that it is told, a line for each call. */
final class RecordingTap implements StatementTap, SessionTap {

  private static final int SHOWN = 200;

  final List<TappedSession> sessions = new CopyOnWriteArrayList<>();
  final List<String> lines = new CopyOnWriteArrayList<>();

  @Override
  public Optional<SessionTap> begin(TappedSession session) {
    sessions.add(session);
    return Optional.of(this);
  }

  private static String shown(PassingText text) {
    String all = text.utf8();
    return all.length() <= SHOWN && text.isWhole()
        ? all
        : "%d bytes%s".formatted(text.bytes(), text.isWhole() ? "" : " of more");
  }

  @Override
  public void query(PassingText statements) {
    lines.add("query " + shown(statements));
  }

  @Override
  public void parse(PassingText name, PassingText statement) {
    lines.add("parse %s: %s".formatted(shown(name), shown(statement)));
  }

  @Override
  public void bind(PassingText portal, PassingText statement) {
    lines.add("bind %s: %s".formatted(shown(portal), shown(statement)));
  }

  @Override
  public void execute(PassingText portal) {
    lines.add("execute " + shown(portal));
  }

  @Override
  public void close(boolean portal, PassingText name) {
    lines.add("close %s %s".formatted(portal ? "portal" : "statement", shown(name)));
  }

  @Override
  public void functionCall() {
    lines.add("function");
  }

  @Override
  public void sync() {
    lines.add("sync");
  }

  @Override
  public void sent(char type, long bodyBytes) {
    lines.add("sent %c %d".formatted(type, bodyBytes));
  }

  @Override
  public void completed(PassingText tag) {
    lines.add("completed " + shown(tag));
  }

  @Override
  public void failed(PassingText sqlState) {
    lines.add("failed " + shown(sqlState));
  }

  @Override
  public void ready(char transaction) {
    lines.add("ready " + transaction);
  }

  @Override
  public void received(char type, long bodyBytes) {
    lines.add("received %c %d".formatted(type, bodyBytes));
  }

  @Override
  public void ended() {
    lines.add("ended");
  }
}
