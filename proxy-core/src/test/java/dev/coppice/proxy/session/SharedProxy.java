package dev.coppice.proxy.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One proxy for all tests of a class, each of which must leave no session behind. */
final class SharedProxy implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

  private final Function<Path, ProxyFixture> starting;
  private @Nullable Path directory;
  private @Nullable ProxyFixture fixture;

  SharedProxy() {
    this(ProxyFixture::new);
  }

  /**
   * @param starting in a directory for its files
   */
  SharedProxy(Function<Path, ProxyFixture> starting) {
    this.starting = starting;
  }

  ProxyFixture fixture() {
    if (fixture == null) {
      throw new IllegalStateException("no test runs");
    }
    return fixture;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    directory = Files.createTempDirectory("proxy-tls-");
    fixture = starting.apply(directory);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    fixture().awaitNoSessions();
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    try {
      if (fixture != null) {
        fixture.close();
      }
    } finally {
      if (directory != null) {
        delete(directory);
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
