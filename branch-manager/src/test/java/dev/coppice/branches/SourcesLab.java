package dev.coppice.branches;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One manager for all tests of a class, each of which finds it without sources and branches. */
final class SourcesLab implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

  private @Nullable BranchLab lab;
  private @Nullable BranchManager manager;

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    BranchLab opened = BranchLab.withoutProduction();
    lab = opened;
    manager = opened.open(0);
  }

  BranchLab lab() {
    return Optional.ofNullable(lab).orElseThrow();
  }

  BranchManager manager() {
    return Optional.ofNullable(manager).orElseThrow();
  }

  void clear() {
    manager().branches().forEach(branch -> manager().deleteBranch(branch.name()));
    manager().sources().forEach(source -> manager().removeSource(source.name()));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    clear();
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    try {
      if (manager != null) {
        manager.close();
      }
    } finally {
      lab().close();
    }
  }
}
