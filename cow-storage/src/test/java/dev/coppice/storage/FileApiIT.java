package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The whole file API through the mount, by real system calls and by the shell's programs. */
class FileApiIT {

  private static final int MIB = 1 << 20;
  private static final int EOPNOTSUPP = 95;

  @RegisterExtension private final StoreHome home = new StoreHome();

  @Test
  void aFileThatWasOnlyAllocatedBeforeAForkIsWrittenInTheNewLayer() throws IOException {
    BranchId child;
    try (PageStore store = home.open()) {
      BranchId parent = store.create();
      Path file = Files.writeString(store.path(parent).resolve("file"), "before");
      store.delete(store.freeze(parent, Set.of()));
      int fd = SystemCalls.open(file, SystemCalls.O_RDWR, 0);
      assertThat(SystemCalls.fallocate(fd, Posix.FALLOC_FL_KEEP_SIZE, 0, MIB)).isZero();
      child = store.fork(parent, Set.of());
      assertThat(SystemCalls.pwrite(fd, new byte[100_000], 0)).isEqualTo(100_000);
      assertThat(SystemCalls.close(fd)).isZero();
    }
    try (PageStore store = home.open()) {
      assertThat(store.path(child).resolve("file")).hasContent("before");
    }
  }

  @Test
  void findsDataAndHolesAndGivesPunchedSpaceBack() throws IOException {
    try (PageStore store = home.open()) {
      BranchId parent = store.create();
      byte[] content = new byte[4 * MIB];
      new Random(7).nextBytes(content);
      Files.write(store.path(parent).resolve("file"), content);
      BranchId child = store.fork(parent, Set.of());
      int fd = SystemCalls.open(store.path(child).resolve("file"), SystemCalls.O_RDWR, 0);
      int punch = Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE;
      assertThat(SystemCalls.ftruncate(fd, 8L * MIB)).isZero();
      assertThat(SystemCalls.seek(fd, 5, SystemCalls.SEEK_DATA)).isEqualTo(5);
      assertThat(SystemCalls.seek(fd, 5, SystemCalls.SEEK_HOLE)).isEqualTo(4 * MIB);
      // The kernel holds this back until it is told otherwise.
      assertThat(SystemCalls.pwrite(fd, new byte[] {1}, 5 * MIB)).isEqualTo(1);
      assertThat(SystemCalls.seek(fd, 5 * MIB, SystemCalls.SEEK_DATA)).isEqualTo(5 * MIB);
      assertThat(SystemCalls.seek(fd, 6 * MIB, SystemCalls.SEEK_DATA)).isEqualTo(-Errno.ENXIO);
      assertThat(SystemCalls.seek(fd, 8 * MIB, SystemCalls.SEEK_HOLE)).isEqualTo(-Errno.ENXIO);
      long before = store.space(child).ownBytes();
      assertThat(SystemCalls.fallocate(fd, punch, MIB, MIB)).isZero();
      assertThat(store.space(child).ownBytes()).isLessThan(before + 64 * 1024);
      assertThat(SystemCalls.pread(fd, 10, MIB + 5)).containsOnly(0);
      assertThat(SystemCalls.pread(fd, 10, 2 * MIB)).startsWith(content[2 * MIB]);
      assertThat(SystemCalls.fallocate(fd, 0x20, 0, MIB)).isEqualTo(-EOPNOTSUPP);
      assertThat(SystemCalls.close(fd)).isZero();
      assertThat(store.path(parent).resolve("file")).hasBinaryContent(content);
      assertThat(store.check().problems()).isEmpty();
    }
  }

  @Test
  void refusesWhatItDoesNotHaveInTheRightWords() throws IOException {
    try (PageStore store = home.open()) {
      Path one = store.path(store.create());
      Path other = store.path(store.create());
      Path file = Files.createFile(one.resolve("file"));
      assertThat(SystemCalls.setExtendedAttribute(file, "user.a", "b")).isEqualTo(-EOPNOTSUPP);
      assertThat(SystemCalls.listExtendedAttributes(file)).isIn(0L, (long) -EOPNOTSUPP);
      assertThat(SystemCalls.rename(file, other.resolve("file"), 0)).isEqualTo(-Errno.EXDEV);
      assertThat(SystemCalls.link(file, other.resolve("file"))).isEqualTo(-Errno.EXDEV);
      assertThat(SystemCalls.rename(file, store.mountPoint().resolve("x"), 0))
          .isEqualTo(-Errno.EPERM);
      assertThat(SystemCalls.truncate(file, 1L << 50)).isEqualTo(-Errno.EFBIG);
      int fd = SystemCalls.open(file, SystemCalls.O_RDWR, 0);
      assertThat(SystemCalls.syncfs(fd)).isZero();
      assertThat(SystemCalls.close(fd)).isZero();
    }
  }

  @Test
  void tellsTheSpaceOfTheDiskBelow() throws IOException {
    try (PageStore store = home.open()) {
      File mounted = store.path(store.create()).toFile();
      long disk = home.directory().toFile().getTotalSpace();
      assertThat(mounted.getTotalSpace()).isEqualTo(disk);
      assertThat(mounted.getUsableSpace()).isLessThanOrEqualTo(disk).isPositive();
    }
  }

  /** A day's work of a person with a shell, the same on a plain directory and on the mount. */
  @Test
  void aShellFeelsAtHome() throws IOException {
    String session =
        """
        export LC_ALL=C
        mkdir -p work/deep/er && cd work
        seq 1 20000 > numbers
        cp numbers copy && cp -a numbers deep/er/kept && cp --reflink=auto numbers clone
        cp --sparse=always numbers sparse
        truncate -s 1M sparse && dd if=/dev/zero of=sparse bs=8192 seek=3 count=2 conv=notrunc status=none
        ln numbers hard && ln -s numbers soft && ln -s deep/er place
        mv copy deep/moved && mv deep/er/kept place/renamed
        sed -i 's/^7$/seven/' clone
        echo appended >> clone
        tar cf all.tar deep soft clone && mkdir out && tar xf all.tar -C out --no-same-owner
        cmp clone out/clone && diff -r deep out/deep
        chmod 640 clone && touch -d 2020-02-02T02:02:02Z clone
        find . -type f -links 2 | sort
        find . -newer clone -name 'c*' | sort
        find . -type d | sort
        stat -c '%n %s %a %y' clone
        cksum numbers clone sparse place/renamed out/deep/moved | cut -d' ' -f1,2
        du --apparent-size -b numbers
        head -c 30000 numbers > head && tail -c +10 head | wc -c
        rm -r out && rm numbers && cat hard | tail -1
        ls
        """;
    Path plain = Files.createDirectory(home.resolve("plain"));
    try (PageStore store = home.open()) {
      Path mounted = store.path(store.create());
      assertThat(SystemCalls.shell(session, mounted)).isEqualTo(SystemCalls.shell(session, plain));
      assertThat(SystemCalls.shell("df --output=target . | tail -1", mounted))
          .isEqualTo(home.resolve("mnt").toString());
      assertThat(store.check().problems()).isEmpty();
    }
  }

  @Test
  void rsyncCopiesThereAndBack() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/rsync")), "no rsync");
    Path plain = Files.createDirectories(home.resolve("plain/sub"));
    Files.write(plain.resolve("file"), new byte[100_000]);
    try (PageStore store = home.open()) {
      Path mounted = store.path(store.create());
      SystemCalls.shell("rsync -rlt '%s/' '%s/there'".formatted(plain, mounted), home.directory());
      SystemCalls.shell(
          "rsync -rlt '%s/there/' '%s/back'".formatted(mounted, home.directory()),
          home.directory());
      assertThat(home.resolve("back/file")).hasBinaryContent(new byte[100_000]);
    }
  }
}
