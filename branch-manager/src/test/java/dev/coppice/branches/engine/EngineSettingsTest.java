package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineSettingsTest {

  /** A fork of a running engine holds what it has synced, and may hold halves of pages. */
  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void whatCanBeForkedWhileItRunsSyncsAndLogsWholePages(int major) {
    assertThat(EngineSettings.branch(major))
        .containsEntry("fsync", "on")
        .containsEntry("full_page_writes", "on");
    assertThat(EngineSettings.catalogue(major))
        .containsEntry("fsync", "on")
        .containsEntry("full_page_writes", "on");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 15, 18})
  void anEngineThatCrashedEndsSoThatWhoeverNeedsItStartsAnother(int major) {
    assertThat(
            List.of(
                EngineSettings.branch(major),
                EngineSettings.catalogue(major),
                EngineSettings.base(major),
                EngineSettings.load(major),
                EngineSettings.seal(major)))
        .allSatisfy(settings -> assertThat(settings).containsEntry("restart_after_crash", "off"));
  }
}
