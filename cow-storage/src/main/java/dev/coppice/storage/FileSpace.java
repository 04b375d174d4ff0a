package dev.coppice.storage;

import java.util.List;

/**
 * What a file of a branch occupies that nothing but the branch needs.
 *
 * @param paths its names, from the branch's directory on; none if it is only open any more, or if
 *     its space is about to be freed
 * @param ownBytes bytes on disk
 * @param logicalBytes its size, shared pages included
 */
public record FileSpace(long fileId, List<String> paths, long ownBytes, long logicalBytes) {

  public FileSpace {
    paths = List.copyOf(paths);
  }
}
