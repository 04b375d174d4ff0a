package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Random file operations, run on files and on their model side by side. */
public final class FileScript {

  private static final int MAX_BYTES = 100_000;
  private static final String[] NAMES = {"a", "b", "c", "d", "e"};

  private final long seed;
  private final Random random;
  private int steps;

  public FileScript(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
  }

  public Random random() {
    return random;
  }

  public void step(FilesUnderTest files, ModelFiles model) {
    steps++;
    String path = path();
    switch (random.nextInt(15)) {
      case 0, 1 -> same("create " + path, files.create(path), model.create(path));
      case 2 -> same("mkdir " + path, files.makeDirectory(path), model.makeDirectory(path));
      case 3 -> same("remove " + path, files.remove(path), model.remove(path));
      case 4 -> {
        String to = path();
        same("rename " + path + " to " + to, files.rename(path, to), model.rename(path, to));
      }
      case 5, 6 -> {
        int size = offset();
        same("resize " + path + " to " + size, files.resize(path, size), model.resize(path, size));
      }
      case 7 -> {
        String to = path();
        int offset = offset();
        int bytes = 1 + random.nextInt(MAX_BYTES);
        same(
            "copy " + bytes + " at " + offset + " of " + path + " to " + to,
            files.copyRange(path, to, offset, bytes),
            model.copyRange(path, to, offset, bytes));
      }
      default -> {
        int offset = offset();
        byte[] bytes = new byte[1 + random.nextInt(random.nextBoolean() ? 200 : 20_000)];
        random.nextBytes(bytes);
        same(
            "write " + bytes.length + " at " + offset + " of " + path,
            files.write(path, offset, bytes),
            model.write(path, offset, bytes));
      }
    }
  }

  private void same(String what, boolean actual, boolean expected) {
    assertThat(actual).as("seed %d step %d: %s", seed, steps, what).isEqualTo(expected);
  }

  /** Often a boundary of pages. */
  private int offset() {
    int offset = random.nextInt(MAX_BYTES);
    return random.nextInt(3) == 0 ? offset & ~8191 : offset;
  }

  private String path() {
    StringBuilder path = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
    for (int depth = random.nextInt(3); depth > 0; depth--) {
      path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
    }
    return path.toString();
  }

  public void compare(String what, FilesUnderTest files, ModelFiles model) {
    SortedMap<String, Optional<byte[]>> actual = files.read();
    SortedMap<String, Optional<byte[]>> expected = model.read();
    String place = "seed %d step %d: %s".formatted(seed, steps, what);
    assertThat(actual.keySet()).as(place).isEqualTo(expected.keySet());
    expected.forEach((path, content) ->
        assertThat(bytes(actual.getOrDefault(path, Optional.empty())))
            .as(place + " " + path)
            .isEqualTo(bytes(content)));
  }

  private static byte @Nullable [] bytes(Optional<byte[]> content) {
    return content.orElse(null);
  }
}
