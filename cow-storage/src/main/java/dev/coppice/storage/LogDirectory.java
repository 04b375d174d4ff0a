package dev.coppice.storage;

import java.util.List;

/**
 * The directory in which the engine of a branch writes ahead what it is going to change: files that
 * only grow, so that a later state of them is as good to recover from as an earlier one.
 */
public interface LogDirectory {

  /** Its name at the top of each branch. */
  String name();

  /**
   * What of a log a new state needs to start from. Files come along with their size, and with zeros
   * where no part of them does; other files are left out.
   *
   * @param state the branch's files, which nobody changes
   * @param log the directory's files, which may grow meanwhile
   */
  List<LogPart> needed(FileView state, FileView log);
}
