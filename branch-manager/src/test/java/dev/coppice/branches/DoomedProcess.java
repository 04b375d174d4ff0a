package dev.coppice.branches;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A program of the tests in a process of its own, to be killed. What it says is kept. */
final class DoomedProcess implements AutoCloseable {

  private static final String SAID = "SAID ";

  private final Process process;
  private final Predicate<String> lastWords;
  private final List<String> said = new CopyOnWriteArrayList<>();
  private final List<String> all = Collections.synchronizedList(new ArrayList<>());
  private final Thread reader;
  private volatile boolean doomed;

  private DoomedProcess(Process process, Predicate<String> lastWords) {
    this.process = process;
    this.lastWords = lastWords;
    this.reader = Thread.ofVirtual().name("doomed-process").start(this::listen);
  }

  /**
   * @param lastWords what it is killed after having said
   */
  static DoomedProcess start(
      BranchLab lab, Class<?> program, Predicate<String> lastWords, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    // What a killed pull leaves there goes with the lab.
    command.add("-Djava.io.tmpdir=" + lab.root);
    command.add("-cp");
    command.add(
        Optional.ofNullable(System.getProperty("surefire.test.class.path"))
            .orElse(System.getProperty("java.class.path")));
    command.add(program.getName());
    command.add(lab.root.toString());
    command.addAll(arguments);
    return new DoomedProcess(
        new ProcessBuilder(command).redirectErrorStream(true).start(), lastWords);
  }

  /** How a program says something. */
  static synchronized void say(String line) {
    System.out.println(SAID + line);
    System.out.flush();
  }

  /** It goes on while the signal is on its way, and what it says meanwhile counts too. */
  private void listen() {
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        all.add(line);
        if (line.startsWith(SAID)) {
          String words = line.substring(SAID.length());
          said.add(words);
          if (lastWords.test(words)) {
            kill();
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void tell(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(UTF_8));
    process.getOutputStream().flush();
  }

  /** All that it has said by now. */
  List<String> said() {
    return List.copyOf(said);
  }

  /** What has followed these words, each time that it has said them. */
  List<String> said(String words) {
    return said.stream()
        .filter(line -> line.startsWith(words))
        .map(line -> line.substring(words.length()))
        .toList();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** SIGKILL. */
  void kill() {
    doomed = true;
    // Not Process.destroyForcibly, which would close the stream as well.
    process.toHandle().destroyForcibly();
  }

  /** All that it has said until it was killed; fails if it has ended before. */
  List<String> awaitKilled() throws InterruptedException {
    reader.join();
    if (!doomed) {
      throw new AssertionError("the program ended by itself:\n" + output());
    }
    return said();
  }

  String output() {
    synchronized (all) {
      return String.join("\n", all);
    }
  }

  @Override
  public void close() {
    kill();
    try {
      process.waitFor(30, TimeUnit.SECONDS);
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
