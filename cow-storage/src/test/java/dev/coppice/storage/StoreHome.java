package dev.coppice.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A new directory for the store of each test and its mount, and nothing of them afterwards. Where
 * nothing can be mounted, or no engine is installed for a test that needs one, the test is skipped
 * and says why.
 */
final class StoreHome implements BeforeEachCallback, AfterEachCallback {

  private static final int NO_USER = 12_345;

  private final boolean forEngines;
  private Path directory = Path.of("");
  private Path binaries = Path.of("");

  /** The files belong to nobody who is there. */
  StoreHome() {
    this(false);
  }

  private StoreHome(boolean forEngines) {
    this.forEngines = forEngines;
  }

  /** The files belong to the user that engines run as. */
  static StoreHome forEngines() {
    return new StoreHome(true);
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    if (forEngines) {
      binaries = Machine.assumePostgres();
    } else {
      Machine.assumeMountsWork();
    }
    directory = Machine.temporaryDirectory();
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    if (!directory.toString().isEmpty()) {
      Machine.deleteTree(directory);
    }
  }

  Engine engine(Path data) throws IOException {
    return new Engine(binaries, data, directory);
  }

  Path directory() {
    return directory;
  }

  Path resolve(String other) {
    return directory.resolve(other);
  }

  StoreConfig config() throws IOException {
    int user = forEngines ? Machine.id("-u", Machine.OWNER) : NO_USER;
    int group = forEngines ? Machine.id("-g", Machine.OWNER) : NO_USER;
    return new StoreConfig(resolve("store"), resolve("mnt"), user, group);
  }

  PageStore open() throws IOException {
    return PageStore.open(config());
  }
}
