package dev.coppice.storage.branch;

/** Where a log is copied to; paths are relative to its directory. */
interface LogTarget {

  /** Does nothing if it is there. */
  void makeDirectory(String path);

  /** Makes a file that holds zeros. */
  void create(String file, long size);

  void write(String file, long offset, byte[] bytes);

  void sync(String file);

  /** Makes the names in a directory durable; empty for the log's own. */
  void syncDirectory(String path);
}
