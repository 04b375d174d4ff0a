package dev.coppice.server.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of style that a machine can hold. */
class StyleTest {
  private static final int MOST_LINES = 600;
  private static final Pattern EMPTY_NAMES =
      Pattern.compile("(.*(Util|Utils|Helper|Helpers|Impl)|I[A-Z][a-z]+[A-Z].*)\\.java");

  @Test
  void noFileIsLong() {
    assertThat(sources())
        .allSatisfy(
            file -> assertThat(lines(file)).as(file.toString()).hasSizeLessThan(MOST_LINES));
  }

  @Test
  void noNameSaysNothing() {
    assertThat(sources())
        .noneMatch(file -> EMPTY_NAMES.matcher(file.getFileName().toString()).matches());
  }

  @Test
  void noTestIsDisabledOrSleeps() {
    assertThat(sources())
        .filteredOn(file -> file.toString().contains("src/test/"))
        .filteredOn(file -> !file.endsWith("StyleTest.java"))
        .allSatisfy(file ->
            assertThat(lines(file))
                .as(file.toString())
                .noneMatch(line -> line.contains("@Disabled") || line.contains("Thread.sleep(")));
  }

  private static List<Path> sources() {
    Path root = Path.of("").toAbsolutePath().getParent();
    try (Stream<Path> modules = Files.list(root)) {
      return modules
          .map(module -> module.resolve("src"))
          .filter(Files::isDirectory)
          .flatMap(StyleTest::javaFiles)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Path> javaFiles(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
