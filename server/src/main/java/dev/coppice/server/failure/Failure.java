package dev.coppice.server.failure;

import dev.coppice.branches.BranchException;
import dev.coppice.providers.SourceException;
import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StorageException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A failure ready to be told.
 *
 * @param hint what to do next; empty if there is nothing to say
 */
public record Failure(FailureCode code, String message, String hint) {

  /** Of an operating failure; empty for anything else, which is a bug. */
  public static Optional<Failure> of(Throwable thrown) {
    return switch (thrown) {
      case BranchException e -> Optional.of(new Failure(codeOf(e), messageOf(e), e.hint()));
      case SourceException e ->
          Optional.of(new Failure(FailureTable.of(e.failure()), messageOf(e), e.hint()));
      case StorageException e ->
          Optional.of(new Failure(FailureTable.of(e.failure()), messageOf(e), e.hint()));
      case ServerException e ->
          Optional.of(new Failure(FailureTable.of(e.failure()), messageOf(e), e.hint()));
      case CorruptStoreException e ->
          Optional.of(
              new Failure(
                  FailureTable.corruption(),
                  messageOf(e),
                  "Run \"coppice store check\" to learn what is affected."));
      case CompletionException e when e.getCause() != null -> of(e.getCause());
      case ExecutionException e when e.getCause() != null -> of(e.getCause());
      default -> Optional.empty();
    };
  }

  /** Of anything: what is not an operating failure becomes an internal error. */
  public static Failure ofAny(Throwable thrown) {
    return of(thrown)
        .orElseGet(() ->
            new Failure(
                FailureTable.of(ServerFailure.INTERNAL),
                "Coppice made a mistake: " + thrown,
                "The server's log has the details; please report it."));
  }

  /** What a branch's operation failed of, where the manager only passes it on. */
  private static FailureCode codeOf(BranchException e) {
    return switch (e.failure()) {
      case SOURCE_FAILED ->
          e.getCause() instanceof SourceException cause
              ? FailureTable.of(cause.failure())
              : FailureTable.of(e.failure());
      case STORAGE_FAILED ->
          e.getCause() instanceof StorageException cause
              ? FailureTable.of(cause.failure())
              : FailureTable.of(e.failure());
      default -> FailureTable.of(e.failure());
    };
  }

  private static String messageOf(Throwable thrown) {
    @Nullable String message = thrown.getMessage();
    return message == null ? thrown.getClass().getSimpleName() : message;
  }
}
