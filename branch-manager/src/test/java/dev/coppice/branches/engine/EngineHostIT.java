package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.engine.Installation.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineHostIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private EngineLab lab;

  @BeforeEach
  void open() throws IOException {
    lab = new EngineLab();
  }

  @AfterEach
  void close() throws IOException {
    lab.close();
  }

  private static boolean cleanlyShutDown(Path data) throws IOException {
    return ControlFile.cleanlyShutDown(Files.readAllBytes(data.resolve(ControlFile.NAME)));
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void embeddedEnginesOfEveryMajorStartAnswerAndStop(int major) throws Exception {
    Installation installation = lab.installations.find(major, List.of()).orElseThrow();
    assertThat(installation.origin()).isEqualTo(Origin.EMBEDDED);
    Path data = lab.directory("data");
    assertThat(lab.host.initialise(installation, data, EngineLocale.C_UTF8))
        .isEqualTo(EngineLocale.C_UTF8);

    assertThat(cleanlyShutDown(data)).isTrue();
    Engine engine = lab.host.start(start(installation, data, EngineSettings.branch(major)));

    assertThat(one(engine, "SHOW server_version_num")).startsWith(String.valueOf(major));
    assertThat(one(engine, "SHOW server_encoding")).isEqualTo("UTF8");
    assertThat(cleanlyShutDown(data)).isFalse();
    engine.stopFast(PATIENCE);
    assertThat(cleanlyShutDown(data)).isTrue();
    assertThat(engine.alive()).isFalse();
    assertThat(engine.lastLogLines()).contains("database system is shut down");
  }

  @Test
  void anEngineThatHasTheExtensionIsPreferred() throws Exception {
    Path folder = lab.root.resolve("share/postgresql/extension");
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("vector.control"), "");
    Installation with = new Installation(15, "15.1", lab.root.resolve("bin"), Origin.SYSTEM);
    assertThat(with.offers(List.of("vector"))).isTrue();
    assertThat(
            lab.installations.find(15, List.of("plpgsql")).orElseThrow().offers(List.of("vector")))
        .isFalse();
  }

  @Test
  void theSystemsEngineRuns() throws Exception {
    Optional<Installation> system = systemInstallation();
    Assumptions.assumeTrue(system.isPresent(), "no PostgreSQL 15 from the system's packages");
    Path data = lab.directory("data");
    lab.host.initialise(system.get(), data, EngineLocale.C_UTF8);
    Engine engine = lab.host.start(start(system.get(), data, EngineSettings.branch(15)));
    assertThat(one(engine, "SELECT 1")).isEqualTo("1");
    engine.stopFast(PATIENCE);
  }

  @Test
  void anEngineHasNoNetworkAndIsNotRoot() throws Exception {
    Installation installation = lab.installations.newest();
    Path data = lab.directory("data");
    lab.host.initialise(installation, data, EngineLocale.C_UTF8);
    Engine engine = lab.host.start(start(installation, data, Map.of()));
    Path process = Path.of("/proc", String.valueOf(engine.pid()));
    assertThat((int) Files.getAttribute(process, "unix:uid")).isNotZero();
    assertThat(one(engine, "SHOW listen_addresses")).isEmpty();
    if (lab.host.ownNetwork()) {
      assertThat(Files.readSymbolicLink(process.resolve("ns/net")))
          .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
    }
    engine.stopNow();
    assertThat(engine.alive()).isFalse();
  }

  @Test
  void anUrgentStartLeavesNoProcessBeforeOthers() throws Exception {
    Installation installation = lab.installations.newest();
    Path data = lab.directory("data");
    lab.host.initialise(installation, data, EngineLocale.C_UTF8);
    Engine engine =
        lab.host.start(
            new EngineStart(
                "e1", installation, data, Optional.empty(), Map.of(), "postgres", PATIENCE, true));
    assertThat(one(engine, "SELECT 1")).isEqualTo("1");
    assertThat(SchedulingTest.niceness(engine.pid())).hasValue(0);
    Optional<Long> slice = SchedulingTest.sliceNanos(ProcessHandle.current().pid());
    assertThat(SchedulingTest.sliceNanos(engine.pid())).isEqualTo(slice);
    assertThat(EngineProcesses.children(engine.pid()).toArray()).isNotEmpty();
    assertThat(EngineProcesses.children(engine.pid()).boxed())
        .allSatisfy(child -> {
          assertThat(SchedulingTest.niceness(child).orElse(0)).isZero();
          assertThat(SchedulingTest.sliceNanos(child)).isIn(slice, Optional.empty());
        });
    engine.stopFast(PATIENCE);
  }

  @Test
  void aMissingLocaleFallsBackAndSaysTo() throws Exception {
    Installation installation = lab.installations.find(15, List.of()).orElseThrow();
    EngineLocale wished =
        new EngineLocale("UTF8", "libc", "xx_YY.UTF-8", "xx_YY.UTF-8", Optional.empty());
    EngineLocale used = lab.host.initialise(installation, lab.directory("data"), wished);
    assertThat(used).isNotEqualTo(wished).isIn(wished.fallbacks());
  }

  @Test
  void aRefusedSettingIsReportedWithTheEnginesOwnWords() throws Exception {
    Installation installation = lab.installations.newest();
    Path data = lab.directory("data");
    lab.host.initialise(installation, data, EngineLocale.C_UTF8);
    assertThatThrownBy(
            () -> lab.host.start(start(installation, data, Map.of("work_mem", "plenty"))))
        .isInstanceOf(BranchException.class)
        .hasMessageContaining("work_mem")
        .satisfies(e ->
            assertThat(((BranchException) e).failure())
                .isEqualTo(BranchFailure.ENGINE_START_FAILED));
  }

  @Test
  void anOrphanIsFoundAndStopped() throws Exception {
    Installation installation = lab.installations.newest();
    Path data = lab.directory("data");
    lab.host.initialise(installation, data, EngineLocale.C_UTF8);
    Engine engine = lab.host.start(start(installation, data, Map.of()));
    EngineHost.open(lab.confinement, lab.root.resolve("run"), lab.root.resolve("log"));
    engine.ended().get(60, TimeUnit.SECONDS);
    assertThat(Orphans.find(lab.root.resolve("run").resolve("engines"))).isEmpty();
  }

  private Optional<Installation> systemInstallation() {
    Path bin = Path.of("/usr/lib/postgresql/15/bin");
    return Files.exists(bin)
        ? Installations.discover(List.of(bin), lab.root, lab.root).find(15, List.of())
        : Optional.empty();
  }

  private static EngineStart start(
      Installation installation, Path data, Map<String, String> settings) {
    return new EngineStart("e1", installation, data, settings, "postgres", PATIENCE);
  }

  private static String one(Engine engine, String sql) throws SQLException {
    try (Connection session = EngineSession.superuser(engine.socket(), "postgres");
        Statement statement = session.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }
}
