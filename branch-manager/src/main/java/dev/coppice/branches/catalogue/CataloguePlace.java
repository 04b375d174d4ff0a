package dev.coppice.branches.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.storage.BranchId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Where in the store the catalogue is: the one thing that cannot be looked up in the catalogue. One
 * line, {@code coppice-catalogue 1 <branch id> <major> <crc32c of what precedes>}.
 */
record CataloguePlace(BranchId store, int major) {

  private static final String MAGIC = "coppice-catalogue";
  private static final String VERSION = "1";

  static Optional<CataloguePlace> read(Path file) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      String line = Files.readString(file).strip();
      int end = line.lastIndexOf(' ');
      List<String> words = List.of(line.split(" ", -1));
      if (words.size() != 5
          || !words.get(0).equals(MAGIC)
          || !words.get(4).equals(checksum(line.substring(0, end)))) {
        throw damaged(file, null);
      }
      if (!words.get(1).equals(VERSION)) {
        throw new BranchException(
            BranchFailure.CATALOGUE_FAILED,
            "%s was written by another version of this program (format %s, this one knows %s)"
                .formatted(file, words.get(1), VERSION),
            "Run the version of this program that last used the data directory, or a newer one.");
      }
      return Optional.of(
          new CataloguePlace(BranchId.parse(words.get(2)), Integer.parseInt(words.get(3))));
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(file, e);
    }
  }

  void write(Path file) throws IOException {
    String text = "%s %s %s %d".formatted(MAGIC, VERSION, store, major);
    DurableFile.write(file, (text + " " + checksum(text) + "\n").getBytes(UTF_8));
  }

  private static String checksum(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(UTF_8));
    return "%08x".formatted(crc.getValue());
  }

  private static BranchException damaged(
      Path file, @org.jspecify.annotations.Nullable Exception e) {
    return new BranchException(
        BranchFailure.CATALOGUE_FAILED,
        file + " is damaged",
        "Restore it from a backup of the data directory.",
        e);
  }
}
