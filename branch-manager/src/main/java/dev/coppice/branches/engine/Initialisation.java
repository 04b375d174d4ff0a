package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One run of {@code initdb}. */
final class Initialisation {

  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  private final Confinement confinement;
  private final Installation installation;
  private final Path data;
  private final String superuser;

  Initialisation(Confinement confinement, Installation installation, Path data, String superuser) {
    this.confinement = confinement;
    this.installation = installation;
    this.data = data;
    this.superuser = superuser;
  }

  /** Whether this machine has a locale can only be found out by trying. Returns the one used. */
  EngineLocale run(EngineLocale wished) {
    List<EngineLocale> attempts = new ArrayList<>();
    attempts.add(wished);
    attempts.addAll(wished.fallbacks());
    List<String> complaints = new ArrayList<>();
    for (EngineLocale attempt : attempts) {
      Command.Result result = initdb(attempt);
      if (result.succeeded()) {
        return attempt;
      }
      if (FullDisk.explains(result.output(), data)) {
        throw FullDisk.failure("A new engine could not be initialised");
      }
      complaints.add(attempt.description() + ": " + result.output());
      empty();
    }
    throw new BranchException(
        BranchFailure.ENGINE_START_FAILED,
        "initdb of PostgreSQL %s failed:%n%s"
            .formatted(installation.version(), String.join(System.lineSeparator(), complaints)),
        "The lines above say what it lacks; check the free space first.");
  }

  /**
   * Without the engine's own page checksums: the store has its own, and with the engine's a mere
   * read that sets a hint bit would have to be logged, and be written, in every branch.
   */
  private Command.Result initdb(EngineLocale locale) {
    List<String> command = new ArrayList<>();
    command.add(installation.program("initdb"));
    command.add("--pgdata=" + data);
    command.add("--username=" + superuser);
    command.add("--auth=trust");
    command.add("--no-sync");
    command.add("--no-instructions");
    command.add("--lc-messages=C");
    command.add("--lc-monetary=C");
    command.add("--lc-numeric=C");
    command.add("--lc-time=C");
    command.addAll(locale.initdbOptions(installation.major()));
    if (installation.major() >= 18) {
      command.add("--no-data-checksums");
    }
    return Command.run(confinement.wrap(command, true), TIMEOUT);
  }

  /** initdb cleans up after itself, but not if it was killed. */
  private void empty() {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(data)) {
      for (Path entry : entries) {
        DirectoryTree.delete(entry);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
