package dev.coppice.storage;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What the files of a branch should be: plain byte arrays in a plain map. */
public final class ModelFiles implements FilesUnderTest {

  private final TreeMap<String, byte[]> files = new TreeMap<>();
  private final TreeSet<String> directories = new TreeSet<>();

  public ModelFiles() {}

  /** As they were read from a branch. */
  public ModelFiles(SortedMap<String, Optional<byte[]>> read) {
    read.forEach((path, content) ->
        content.ifPresentOrElse(bytes -> files.put(path, bytes), () -> directories.add(path)));
  }

  public ModelFiles copy() {
    ModelFiles copy = new ModelFiles();
    files.forEach((path, bytes) -> copy.files.put(path, bytes.clone()));
    copy.directories.addAll(directories);
    return copy;
  }

  private boolean isDirectory(String path) {
    return path.isEmpty() || directories.contains(path);
  }

  private boolean exists(String path) {
    return files.containsKey(path) || isDirectory(path);
  }

  private boolean free(String path) {
    return !exists(path) && isDirectory(parent(path));
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  private boolean hasChildren(String path) {
    return Stream.concat(files.keySet().stream(), directories.stream())
        .anyMatch(other -> other.startsWith(path + "/"));
  }

  @Override
  public boolean create(String path) {
    if (!free(path)) {
      return false;
    }
    files.put(path, new byte[0]);
    return true;
  }

  @Override
  public boolean makeDirectory(String path) {
    if (!free(path)) {
      return false;
    }
    directories.add(path);
    return true;
  }

  @Override
  public boolean remove(String path) {
    return !hasChildren(path) && (files.remove(path) != null || directories.remove(path));
  }

  @Override
  public boolean rename(String from, String to) {
    boolean below = (to + "/").startsWith(from + "/");
    if (!exists(from) || !isDirectory(parent(to)) || (below && !from.equals(to))) {
      return false;
    }
    if (from.equals(to)) {
      return true;
    }
    if (exists(to) && (isDirectory(from) != isDirectory(to) || hasChildren(to))) {
      return false;
    }
    files.remove(to);
    directories.remove(to);
    for (Map.Entry<String, byte[]> file : Map.copyOf(files).entrySet()) {
      if ((file.getKey() + "/").startsWith(from + "/")) {
        files.remove(file.getKey());
        files.put(to + file.getKey().substring(from.length()), file.getValue());
      }
    }
    for (String directory : List.copyOf(directories)) {
      if ((directory + "/").startsWith(from + "/")) {
        directories.remove(directory);
        directories.add(to + directory.substring(from.length()));
      }
    }
    return true;
  }

  @Override
  public boolean write(String path, long offset, byte[] bytes) {
    byte[] content = files.get(path);
    if (content == null) {
      return false;
    }
    int end = (int) offset + bytes.length;
    byte[] larger = Arrays.copyOf(content, Math.max(content.length, end));
    System.arraycopy(bytes, 0, larger, (int) offset, bytes.length);
    files.put(path, larger);
    return true;
  }

  @Override
  public boolean resize(String path, long size) {
    byte[] content = files.get(path);
    if (content == null) {
      return false;
    }
    files.put(path, Arrays.copyOf(content, (int) size));
    return true;
  }

  @Override
  public boolean copyRange(String from, String to, long offset, long bytes) {
    byte[] source = files.get(from);
    if (source == null || !files.containsKey(to) || from.equals(to)) {
      return false;
    }
    int end = (int) Math.min(offset + bytes, source.length);
    return end <= offset || write(to, offset, Arrays.copyOfRange(source, (int) offset, end));
  }

  @Override
  public SortedMap<String, Optional<byte[]>> read() {
    TreeMap<String, Optional<byte[]>> copy = new TreeMap<>();
    files.forEach((path, bytes) -> copy.put(path, Optional.of(bytes)));
    directories.forEach(path -> copy.put(path, Optional.empty()));
    return copy;
  }
}
