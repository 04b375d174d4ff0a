package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SessionWatchTest {

  private static final ByteBuf TERMINATE = message('X', "");

  private final SessionWatch watch = new SessionWatch();

  private static ByteBuf message(char type, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
    return Unpooled.buffer().writeByte(type).writeInt(bytes.length + 4).writeBytes(bytes);
  }

  private static ByteBuf query(String sql) {
    return message('Q', sql + "\0");
  }

  private static ByteBuf ready(char status) {
    return message('Z', String.valueOf(status));
  }

  private static ByteBuf together(ByteBuf... parts) {
    return Unpooled.wrappedBuffer(parts);
  }

  @Test
  void aClientThatSaidNothingLeavesNothing() {
    assertThat(watch.client(TERMINATE)).isTrue();
    assertThat(watch.isReusable()).isTrue();
  }

  @Test
  void everyAnswerMustHaveCome() {
    assertThat(watch.client(query("SELECT 1"))).isFalse();
    assertThat(watch.isReusable()).isFalse();
    watch.engine(together(message('T', "row"), message('D', "row"), message('C', "SELECT 1\0")));
    assertThat(watch.isReusable()).isFalse();
    watch.engine(ready('I'));
    assertThat(watch.isReusable()).isTrue();
  }

  @Test
  void noTransactionMayBeOpen() {
    for (char status : new char[] {'T', 'E'}) {
      SessionWatch fresh = new SessionWatch();
      fresh.client(query("BEGIN"));
      fresh.engine(ready(status));
      assertThat(fresh.isReusable()).isFalse();
      fresh.client(query("ROLLBACK"));
      fresh.engine(ready('I'));
      assertThat(fresh.isReusable()).isTrue();
    }
  }

  @Test
  void whatIsNotEndedBySyncIsUnfinished() {
    watch.client(together(message('P', "\0SELECT $1\0\0\0"), message('B', ""), message('E', "")));
    assertThat(watch.isReusable()).isFalse();
    watch.client(message('S', ""));
    watch.engine(together(message('1', ""), message('2', ""), message('C', ""), ready('I')));
    assertThat(watch.isReusable()).isTrue();
    watch.client(message('P', "\0SELECT 1\0\0\0"));
    assertThat(watch.isReusable()).isFalse();
  }

  @Test
  void anAnswerMayBeCutAnywhereButInAHeader() {
    ByteBuf answer = together(message('D', "x".repeat(40)), ready('I'));
    for (int cut = 0; cut <= answer.readableBytes(); cut++) {
      SessionWatch fresh = new SessionWatch();
      fresh.client(query("SELECT 1"));
      fresh.engine(answer.slice(0, cut));
      fresh.engine(answer.slice(cut, answer.readableBytes() - cut));
      boolean inHeader = (cut > 0 && cut < 5) || (cut > 45 && cut < 51);
      assertThat(fresh.isReusable()).as("cut at %d", cut).isEqualTo(!inHeader);
    }
  }

  @Test
  void aMessageOfTheClientMustComeWhole() {
    ByteBuf query = query("SELECT 1");
    for (int cut = 1; cut < query.readableBytes(); cut++) {
      SessionWatch fresh = new SessionWatch();
      fresh.client(query.slice(0, cut));
      fresh.client(query.slice(cut, query.readableBytes() - cut));
      fresh.engine(ready('I'));
      assertThat(fresh.isReusable()).as("cut at %d", cut).isFalse();
      assertThat(fresh.isOver()).isTrue();
    }
  }

  @Test
  void whateverElseIsSaidMakesItUseless() {
    for (char type : "dcfFp\0Y".toCharArray()) {
      SessionWatch fresh = new SessionWatch();
      fresh.client(message(type, "body\0"));
      assertThat(fresh.isReusable()).as("client's %s", type).isFalse();
    }
    for (char type : "GHWA".toCharArray()) {
      SessionWatch fresh = new SessionWatch();
      fresh.engine(message(type, "body\0"));
      assertThat(fresh.isReusable()).as("engine's %s", type).isFalse();
    }
  }

  @Test
  void anAnswerTooManyMakesItUseless() {
    watch.engine(ready('I'));
    assertThat(watch.isReusable()).isFalse();
  }

  @Test
  void absurdLengthsMakeItUseless() {
    for (int length : new int[] {Integer.MIN_VALUE, -1, 0, 3, Integer.MAX_VALUE}) {
      SessionWatch fresh = new SessionWatch();
      fresh.client(Unpooled.buffer().writeByte('Q').writeInt(length).writeZero(8));
      assertThat(fresh.isReusable()).as("length %d", length).isFalse();
      assertThat(fresh.isOver()).isTrue();
    }
  }

  @Test
  void aClientMaySayMuch() {
    talk(watch, 10_000);
    assertThat(watch.isReusable()).isTrue();
  }

  @Test
  void aClientThatStaysIsLetAlone() {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);
    SessionWatch watch = new SessionWatch(nanos::get);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(59));
    talk(watch, 1000);
    assertThat(watch.isReusable()).isTrue();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
    talk(watch, 1000);
    assertThat(watch.isOver()).isTrue();
  }

  private static void talk(SessionWatch watch, int statements) {
    for (int i = 0; i < statements && !watch.isOver(); i++) {
      watch.client(query("SELECT 1"));
      watch.engine(ready('I'));
    }
  }
}
