package dev.coppice.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

/** A {@link StoreShell} in a process of its own, which can be killed. */
final class StoreProcess implements AutoCloseable {

  private final Process process;
  private final BufferedReader out;

  private StoreProcess(Process process) {
    this.process = process;
    this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** Returns once the store is mounted. */
  static StoreProcess start(StoreConfig config) throws IOException {
    Process process = StoreShell.start(config);
    StoreProcess store = new StoreProcess(process);
    String line = store.out.readLine();
    while (line != null && !line.equals("ready")) {
      line = store.out.readLine();
    }
    if (line == null) {
      store.close();
      throw new IOException("the store did not open");
    }
    return store;
  }

  /** The answer without the time that it took. */
  String ask(String command) throws IOException {
    process.getOutputStream().write((command + "\n").getBytes(UTF_8));
    process.getOutputStream().flush();
    String answer = out.readLine();
    if (answer == null) {
      throw new IOException("no answer to " + command);
    }
    return answer.replaceFirst(" \\d+ us$", "");
  }

  /** SIGKILL. */
  void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
