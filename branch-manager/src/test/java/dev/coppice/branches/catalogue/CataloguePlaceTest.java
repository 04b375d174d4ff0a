package dev.coppice.branches.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.branches.BranchException;
import dev.coppice.storage.BranchId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CataloguePlaceTest {

  @TempDir Path directory;

  @Test
  void isReadAsItWasWritten() throws IOException {
    Path file = directory.resolve("catalogue");
    CataloguePlace place = new CataloguePlace(new BranchId(new UUID(7, 9)), 17);
    assertThat(CataloguePlace.read(file)).isEmpty();
    place.write(file);
    assertThat(CataloguePlace.read(file)).contains(place);
  }

  @Test
  void everyFlippedCharacterIsNoticed() throws IOException {
    Path file = directory.resolve("catalogue");
    new CataloguePlace(new BranchId(new UUID(7, 9)), 17).write(file);
    byte[] sound = Files.readAllBytes(file);
    for (int i = 0; i < sound.length - 1; i++) {
      byte[] damaged = sound.clone();
      damaged[i] ^= 2;
      Files.write(file, damaged);
      assertThatThrownBy(() -> CataloguePlace.read(file))
          .as("byte %d", i)
          .isInstanceOf(BranchException.class);
    }
    Files.writeString(file, "");
    assertThatThrownBy(() -> CataloguePlace.read(file)).isInstanceOf(BranchException.class);
  }
}
