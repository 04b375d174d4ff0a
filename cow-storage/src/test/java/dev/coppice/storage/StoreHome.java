package dev.coppice.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A new directory for the store of each test and its mount, and nothing of them afterwards. Where
 * nothing can be mounted the test is skipped, and says why.
 */
final class StoreHome implements BeforeEachCallback, AfterEachCallback {

  private static final int OWNER = 12_345;

  private Path directory = Path.of("");

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    Machine.assumeMountsWork();
    directory = Machine.temporaryDirectory();
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    if (!directory.toString().isEmpty()) {
      Machine.deleteTree(directory);
    }
  }

  Path directory() {
    return directory;
  }

  Path resolve(String other) {
    return directory.resolve(other);
  }

  StoreConfig config() {
    return new StoreConfig(resolve("store"), resolve("mnt"), OWNER, OWNER);
  }

  PageStore open() {
    return PageStore.open(config());
  }
}
