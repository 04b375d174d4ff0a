package dev.coppice.branches.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.coppice.branches.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Engines that outlived their server. They are known by their command line, which names a socket
 * directory that no other server uses: unlike a pid file, it is there from the first instant and
 * cannot mean another process.
 */
final class Orphans {

  private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);
  private static final long PATIENCE_SECONDS = 10;

  private Orphans() {}

  static void stop(Path sockets) {
    List<ProcessHandle> found = find(sockets);
    for (ProcessHandle engine : found) {
      LOG.info("Stopping engine process {}, which a killed server left", engine.pid());
      Signal.QUIT.send(engine.pid());
    }
    for (ProcessHandle engine : found) {
      if (!ends(engine)) {
        Signal.KILL.send(engine.pid());
        ends(engine);
      }
    }
    clean(sockets);
  }

  static List<ProcessHandle> find(Path sockets) {
    String mark = "unix_socket_directories=" + sockets;
    List<ProcessHandle> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (names(commandLine(process), mark)) {
          long pid = Long.parseLong(process.getFileName().toString());
          ProcessHandle.of(pid).ifPresent(found::add);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** The directory itself or one below it, as a whole argument. */
  private static boolean names(String commandLine, String mark) {
    return Arrays.stream(commandLine.split("\0", -1))
        .anyMatch(argument -> argument.equals(mark) || argument.startsWith(mark + "/"));
  }

  private static String commandLine(Path process) {
    try {
      return Files.readString(process.resolve("cmdline"), ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  private static boolean ends(ProcessHandle engine) {
    try {
      engine.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void clean(Path sockets) {
    if (!Files.isDirectory(sockets)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(sockets)) {
      for (Path directory : left) {
        DirectoryTree.delete(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
