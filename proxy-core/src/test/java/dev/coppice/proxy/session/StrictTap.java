package dev.coppice.proxy.session;

import dev.coppice.proxy.PassingText;
import dev.coppice.proxy.SessionTap;

/** Reads all that it is shown, and insists on what is promised. */
final class StrictTap implements SessionTap {

  private static void read(PassingText text) {
    ProxyFuzzer.require(text.bytes() <= MAX_TEXT_BYTES, "more is shown than was promised");
    ProxyFuzzer.require(text.copy().length == text.bytes(), "a text has two lengths");
    for (byte b : text.copy()) {
      ProxyFuzzer.require(b != 0, "a text goes on behind its end");
    }
  }

  @Override
  public void query(PassingText statements) {
    read(statements);
  }

  @Override
  public void parse(PassingText name, PassingText statement) {
    read(name);
    read(statement);
  }

  @Override
  public void bind(PassingText portal, PassingText statement) {
    read(portal);
    read(statement);
  }

  @Override
  public void execute(PassingText portal) {
    read(portal);
  }

  @Override
  public void close(boolean portal, PassingText name) {
    read(name);
  }

  @Override
  public void completed(PassingText tag) {
    read(tag);
  }

  @Override
  public void failed(PassingText sqlState) {
    read(sqlState);
  }
}
