package dev.coppice.storage;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A store for experiments: mounts the directory given and takes one command a line, answering one
 * line each. Ends with its input.
 */
public final class StoreShell {

  private StoreShell() {}

  /** Runs it in a process of its own. */
  static Process start(StoreConfig config) throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                StoreShell.class.getName(),
                config.directory().toString(),
                config.mountPoint().toString(),
                Integer.toString(config.ownerUid()),
                Integer.toString(config.ownerGid())))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /**
   * @param args directory, mount point, owner's uid, owner's gid
   */
  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    // What is logged is not an answer.
    System.setOut(System.err);
    StoreConfig config =
        new StoreConfig(
            Path.of(args[0]),
            Path.of(args[1]),
            Integer.parseInt(args[2]),
            Integer.parseInt(args[3]));
    try (PageStore store = PageStore.open(config);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      answers.println("ready");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        long start = System.nanoTime();
        String answer = answer(store, line.strip().split(" "));
        answers.printf("%s %d us%n", answer, (System.nanoTime() - start) / 1000);
      }
    }
  }

  private static String answer(PageStore store, String[] words) {
    try {
      return switch (words[0]) {
        case "create" -> store.create().toString();
        case "fork" -> store.fork(BranchId.parse(words[1]), Set.of("postmaster.pid")).toString();
        case "freeze" ->
            store.freeze(BranchId.parse(words[1]), Set.of("postmaster.pid")).toString();
        case "forksnap" -> store.fork(SnapshotId.parse(words[1])).toString();
        case "delete" -> {
          store.delete(BranchId.parse(words[1]));
          yield "deleted";
        }
        case "branches" -> store.branches().toString();
        case "space" -> store.space(BranchId.parse(words[1])).toString();
        case "check" -> store.check().toString();
        default -> "unknown";
      };
    } catch (StorageException | CorruptStoreException e) {
      return e.toString();
    }
  }
}
