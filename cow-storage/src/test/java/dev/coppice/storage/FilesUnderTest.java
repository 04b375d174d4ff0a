package dev.coppice.storage;

import java.util.Optional;
import java.util.SortedMap;

/** The files of one branch, reached in one way or another. Paths have no leading slash. */
public interface FilesUnderTest {

  /** Each answers whether it succeeded. */
  boolean create(String path);

  boolean makeDirectory(String path);

  boolean remove(String path);

  boolean rename(String from, String to);

  boolean write(String path, long offset, byte[] bytes);

  boolean resize(String path, long size);

  /** Makes a range of a file what it is in another one, which ends at its end at the latest. */
  boolean copyRange(String from, String to, long offset, long bytes);

  /** Content by path; none for a directory. */
  SortedMap<String, Optional<byte[]>> read();
}
