package dev.coppice.branches.engine;

import dev.coppice.storage.FileView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A log beside the store, which its engine goes on writing. */
record PlainLog(Path directory) implements FileView {

  @Override
  public List<String> names(String directory) {
    try (Stream<Path> files = Files.list(this.directory.resolve(directory))) {
      return files.map(file -> file.getFileName().toString()).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean isDirectory(String path) {
    return Files.isDirectory(directory.resolve(path));
  }

  @Override
  public long size(String file) {
    return directory.resolve(file).toFile().length();
  }

  @Override
  public byte[] read(String file, long offset, int mostBytes) {
    try (FileChannel channel = FileChannel.open(directory.resolve(file))) {
      ByteBuffer bytes = ByteBuffer.allocate(mostBytes);
      long at = offset;
      for (int got = 0; got >= 0 && bytes.hasRemaining(); at += got) {
        got = channel.read(bytes, at);
      }
      return Arrays.copyOf(bytes.array(), bytes.position());
    } catch (NoSuchFileException e) {
      return new byte[0];
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
