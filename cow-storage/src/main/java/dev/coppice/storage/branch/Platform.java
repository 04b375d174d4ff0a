package dev.coppice.storage.branch;

import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.RealDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the store needs of the machine, so that a simulation can stand in for all of it.
 *
 * @param boot differs between two runs of the machine
 * @param ids unique for ever
 * @param nanoTime of no particular origin
 * @param logGrowthBytes how much a log may grow before it is looked at whether it can be shorter
 * @param background makes a thread of a name; several may be one
 */
record Platform(
    Disk disk,
    UUID boot,
    Supplier<UUID> ids,
    LongSupplier nanoTime,
    long logGrowthBytes,
    Function<String, BackgroundTasks> background) {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private static final long LOG_GROWTH_BYTES = 1 << 20;

  static Platform real() {
    return real(currentBoot());
  }

  static Platform real(UUID boot) {
    return new Platform(
        new RealDisk(),
        boot,
        UUID::randomUUID,
        System::nanoTime,
        LOG_GROWTH_BYTES,
        BackgroundThread::new);
  }

  StoreFiles files(Path directory) {
    return new StoreFiles(directory, disk, nanoTime, logGrowthBytes);
  }

  private static UUID currentBoot() {
    try {
      return UUID.fromString(Files.readString(BOOT_ID).strip());
    } catch (IOException e) {
      throw StoreFiles.failure("read", BOOT_ID, e);
    }
  }
}
