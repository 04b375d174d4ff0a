package dev.coppice.branches;

import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFailure;
import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** Gives the failures of the modules below a code of this one; their words are kept. */
final class Failures {

  private Failures() {}

  static <T> T translated(Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      throw translate(e);
    }
  }

  static void translated(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      throw translate(e);
    }
  }

  /** A bug stays what it is. */
  static RuntimeException translate(RuntimeException failure) {
    return switch (failure) {
      case StorageException e ->
          new BranchException(
              e.failure() == StorageFailure.DISK_FULL
                  ? BranchFailure.DISK_FULL
                  : BranchFailure.STORAGE_FAILED,
              String.valueOf(e.getMessage()),
              e.hint(),
              e);
      case CorruptStoreException e ->
          new BranchException(
              BranchFailure.STORAGE_FAILED,
              String.valueOf(e.getMessage()),
              "Run `coppice store check`, and restore the damaged layer from a backup.",
              e);
      case SourceException e ->
          new BranchException(
              e.failure() == SourceFailure.LOCAL_DISK_FULL
                  ? BranchFailure.DISK_FULL
                  : BranchFailure.SOURCE_FAILED,
              String.valueOf(e.getMessage()),
              e.hint(),
              e);
      case UncheckedIOException e ->
          new BranchException(
              String.valueOf(e.getMessage()).contains("No space left")
                  ? BranchFailure.DISK_FULL
                  : BranchFailure.STORAGE_FAILED,
              "A file could not be read or written: " + String.valueOf(e.getMessage()),
              "Check the free space and the permissions of the data and run directories.",
              e);
      case CompletionException e when e.getCause() instanceof RuntimeException cause ->
          translate(cause);
      default -> failure;
    };
  }
}
