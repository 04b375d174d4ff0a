package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDiskTest {

  @TempDir private Path roomy;

  @Test
  void anEnginesOwnWordsCount() {
    assertThat(
            FullDisk.explains(
                "PANIC:  could not fsync file \"base/1/2840\": No space left on device", roomy))
        .isTrue();
    assertThat(FullDisk.explains("FATAL:  role \"x\" does not exist", roomy)).isFalse();
  }

  @Test
  void whereThereIsRoomOrNoPlaceAtAllNothingIsFull() {
    assertThat(FullDisk.now(roomy, roomy.resolve("nothing"))).isFalse();
  }

  @Test
  void theFailureSaysWhatToDo() {
    BranchException failure = FullDisk.failure("It did not start");

    assertThat(failure).hasMessage("It did not start: the disk is full");
    assertThat(failure.failure()).isEqualTo(BranchFailure.DISK_FULL);
    assertThat(failure.hint()).contains("Free space");
  }
}
