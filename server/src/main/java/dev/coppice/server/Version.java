package dev.coppice.server;

import org.jspecify.annotations.Nullable;

/** Which Coppice this is. */
public final class Version {
  private Version() {}

  public static String text() {
    @Nullable String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
