package dev.coppice.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a branch as an ordinary program sees them. */
public final class MountedFiles implements FilesUnderTest {

  private final Path root;

  public MountedFiles(Path root) {
    this.root = root;
  }

  private interface Action {
    void run() throws IOException;
  }

  private static boolean succeeds(Action action) {
    try {
      action.run();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public boolean create(String path) {
    return succeeds(() -> Files.createFile(root.resolve(path)));
  }

  @Override
  public boolean makeDirectory(String path) {
    return succeeds(() -> Files.createDirectory(root.resolve(path)));
  }

  @Override
  public boolean remove(String path) {
    return succeeds(() -> Files.delete(root.resolve(path)));
  }

  @Override
  public boolean rename(String from, String to) {
    return succeeds(
        () -> Files.move(root.resolve(from), root.resolve(to), StandardCopyOption.ATOMIC_MOVE));
  }

  @Override
  public boolean write(String path, long offset, byte[] bytes) {
    return succeeds(() -> {
      try (FileChannel channel = FileChannel.open(root.resolve(path), StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(bytes), offset);
      }
    });
  }

  @Override
  public boolean resize(String path, long size) {
    return succeeds(() -> {
      try (FileChannel channel =
          FileChannel.open(root.resolve(path), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long old = channel.size();
        if (size < old) {
          channel.truncate(size);
        } else if (size > old) {
          channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
        }
      }
    });
  }

  @Override
  public boolean copyRange(String from, String to, long offset, long bytes) {
    int source = SystemCalls.open(root.resolve(from), SystemCalls.O_RDWR, 0);
    int target = SystemCalls.open(root.resolve(to), SystemCalls.O_RDWR, 0);
    try {
      boolean possible = source >= 0 && target >= 0 && !from.equals(to);
      return possible && copyRange(source, target, offset, bytes);
    } finally {
      SystemCalls.close(source);
      SystemCalls.close(target);
    }
  }

  /** Goes on until all is copied, as the kernel and the store may do it in parts. */
  private static boolean copyRange(int from, int to, long offset, long bytes) {
    long done = 0;
    long copied;
    do {
      copied = SystemCalls.copyFileRange(from, offset + done, to, offset + done, bytes - done);
      done += copied;
    } while (copied > 0 && done < bytes);
    return copied >= 0;
  }

  @Override
  public SortedMap<String, Optional<byte[]>> read() {
    TreeMap<String, Optional<byte[]>> found = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(p -> !p.equals(root)).toList()) {
        String name = root.relativize(path).toString();
        found.put(
            name,
            Files.isDirectory(path) ? Optional.empty() : Optional.of(Files.readAllBytes(path)));
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return found;
  }
}
