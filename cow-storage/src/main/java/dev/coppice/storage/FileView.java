package dev.coppice.storage;

import java.util.List;

/** Files below one directory, to be read. Paths are relative to it, parted by slashes. */
public interface FileView {

  /** What is in a directory, in any order; empty if there is no such directory. */
  List<String> names(String directory);

  boolean isDirectory(String path);

  /** The size of a regular file in bytes; 0 if there is none. */
  long size(String file);

  /** As many bytes from an offset on as there are, at most so many; none if there is no file. */
  byte[] read(String file, long offset, int mostBytes);
}
