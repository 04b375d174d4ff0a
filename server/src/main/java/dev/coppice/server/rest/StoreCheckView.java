package dev.coppice.server.rest;

import dev.coppice.storage.StoreCheck;
import java.util.List;

/** A check of the store in JSON. */
record StoreCheckView(long layers, long files, long pages, List<String> problems, boolean sound) {

  static StoreCheckView of(StoreCheck check) {
    return new StoreCheckView(
        check.layers(), check.files(), check.pages(), check.problems(), check.sound());
  }
}
