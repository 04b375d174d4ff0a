package dev.coppice.server.rest;

import dev.coppice.server.failure.Failure;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import dev.coppice.server.output.Json;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs something long and tells how it goes: one JSON object a line, the last of them {@code done}
 * or {@code failed}. A heartbeat each second notices a client that has gone; the work is then
 * interrupted and undoes itself, since nobody would learn of its end. What fails before its first
 * event is answered as an ordinary request would be.
 */
final class EventStream {
  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
  private static final long HEARTBEAT_MILLIS = 1000;
  private static final int BACKLOG = 10_000;

  /** The work; what it returns becomes the fields of the last line. */
  @FunctionalInterface
  interface Work {
    Map<String, Object> run(Events events);
  }

  /** Where the work tells of its progress. */
  @FunctionalInterface
  interface Events {
    /** Never blocks; a line that a slow client has no room for is dropped. */
    void send(Map<String, Object> line);
  }

  private static final Map<String, Object> ALIVE = Map.of("event", "alive");
  private static final Map<String, Object> END = Map.of("event", "end");

  private final BlockingQueue<Map<String, Object>> lines = new LinkedBlockingQueue<>();
  private volatile @Nullable Map<String, Object> result;
  private volatile @Nullable Throwable thrown;

  private EventStream() {}

  static void run(Context context, String name, Work work) throws IOException {
    EventStream stream = new EventStream();
    Thread worker = Thread.ofVirtual().name(name).start(() -> stream.work(work));
    try {
      stream.answer(context);
    } catch (IOException | InterruptedException e) {
      LOG.info("{}: the client has gone, so it is cancelled", name);
      worker.interrupt();
      throw new ServerException(
          ServerFailure.CLIENT_GONE, "the client has gone", "Start it again.", e);
    }
  }

  private void work(Work work) {
    try {
      result = work.run(this::offer);
    } catch (Throwable e) {
      thrown = e;
    } finally {
      lines.add(END);
    }
  }

  private void offer(Map<String, Object> line) {
    if (lines.size() < BACKLOG) {
      lines.add(line);
    }
  }

  private void answer(Context context) throws IOException, InterruptedException {
    Map<String, Object> first = lines.take();
    @Nullable Throwable failed = thrown;
    if (first.equals(END) && failed != null) {
      throw failed instanceof RuntimeException e ? e : new IllegalStateException(failed);
    }
    context.contentType("application/x-ndjson");
    context.header("Cache-Control", "no-store");
    OutputStream out = context.res().getOutputStream();
    @Nullable Map<String, Object> next = first;
    while (!END.equals(next)) {
      write(out, next == null ? ALIVE : next);
      next = lines.poll(HEARTBEAT_MILLIS, TimeUnit.MILLISECONDS);
    }
    write(out, last());
  }

  private Map<String, Object> last() {
    Map<String, Object> line = new LinkedHashMap<>();
    @Nullable Throwable failed = thrown;
    @Nullable Map<String, Object> done = result;
    if (failed == null && done != null) {
      line.put("event", "done");
      line.putAll(done);
    } else {
      Throwable cause = failed == null ? new IllegalStateException("no result") : failed;
      if (Failure.of(cause).isEmpty()) {
        LOG.error("A request failed because of a bug", cause);
      }
      line.put("event", "failed");
      line.put("error", FailureView.of(Failure.ofAny(cause)).error());
    }
    return line;
  }

  private static void write(OutputStream out, Map<String, Object> line) throws IOException {
    out.write((Json.line(line) + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
