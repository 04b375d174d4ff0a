package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** One pull, from the preflight to the verification. */
final class Pull {

  private final Approach approach;
  private final LocalEngine target;
  private final PullOptions options;
  private final PullListener listener;
  private final PullScope scope;
  private final SourceSessions source;
  private final LocalSessions engine;
  private final Workers workers;
  private final RateLimit rate;
  private final Fidelity fidelity = new Fidelity();
  private Path dataDirectory = Path.of("/");

  Pull(
      Approach approach,
      LocalEngine target,
      PullOptions options,
      PullListener listener,
      PullScope scope) {
    this.target = target;
    this.options = options;
    this.listener = listener;
    this.scope = scope;
    this.approach = approach;
    this.source = new SourceSessions(approach, scope);
    this.engine = new LocalSessions(target, scope);
    this.workers = new Workers(scope);
    this.rate = new RateLimit(options.limits().bytesPerSecond());
  }

  PullReport run() throws Exception {
    phase(PullEvent.Phase.PREFLIGHT);
    Preflight.Result preflight =
        new Preflight(source, approach.provider(), scope).run(options.limits().replicaOnly());
    preflight.requirePassed();
    Path directory = Files.createTempDirectory("coppice-pull");
    try (SnapshotAge age = SnapshotAge.begin(options.limits().snapshotAge(), scope)) {
      try {
        return run(preflight, directory, age);
      } catch (Exception e) {
        throw age.explain(e instanceof SQLException failed ? explain(failed) : e);
      }
    } finally {
      delete(directory);
    }
  }

  private Exception explain(SQLException failed) {
    Exception explained = EngineFailure.explain(failed, dataDirectory);
    return explained instanceof SQLException other ? CancelledRead.explain(other) : explained;
  }

  private PullReport run(Preflight.Result preflight, Path directory, SnapshotAge age)
      throws Exception {
    SourceFacts facts = preflight.facts();
    Provider provider = preflight.provider();
    engine.encoding(facts.encoding());
    SchemaArchive archive =
        new SchemaArchive(
            ClientTools.find(facts.major()),
            new ToolProcess(scope, directory),
            engine,
            facts.database(),
            directory);
    Connection maintenance = engine.open("template1");
    dataDirectory = Path.of(Query.text(maintenance, "SHOW data_directory"));
    Connection exporting = source.open();
    Optional<FollowStart> follow = beginToFollow(facts, provider);
    SnapshotSession snapshot = snapshot(exporting, follow);
    ExtensionPlan extensions = ExtensionPlan.make(exporting, maintenance, options, fidelity);
    CallingTriggers calling = CallingTriggers.read(exporting, provider);
    ExtensionStubs stubs = new ExtensionStubs(exporting, extensions, fidelity);
    PullExtent extent = PullExtent.read(exporting, provider);
    extent.note(fidelity);
    List<SourceTable> tables = TableCatalog.read(exporting, extent, fidelity);
    snapshot.lock(tables);
    Optional<FollowPlan> plan = followPlan(follow, exporting, tables, extent);
    Optional<SchemaFingerprint> fingerprint =
        plan.isPresent() && plan.get().recorder().isEmpty()
            ? SchemaFingerprint.within(exporting, provider, extent)
            : Optional.empty();
    plan(tables);

    phase(PullEvent.Phase.ROLES);
    NotCopied.note(exporting, fidelity);
    RoleCopy roles =
        new RoleCopy(exporting, maintenance, facts, provider, target.superuser(), fidelity);
    roles.create();

    phase(PullEvent.Phase.SCHEMA);
    int engineMajor = Integer.parseInt(Query.text(maintenance, "SHOW server_version_num")) / 10_000;
    archive.dump(source.login(), snapshot.id(), extent);
    new DatabaseCopy(maintenance, facts, engineMajor, fidelity).create();
    Predicate<TocEntry> kept = entry -> kept(entry, extensions.missing().keySet(), provider);
    restoreTables(facts, archive, kept, stubs);
    tables = present(facts, tables);

    phase(PullEvent.Phase.COPY);
    RowTally tally =
        new RowCopy(source, engine, snapshot, rate, facts, workers, listener)
            .run(tables, options.connections());

    List<String[]> views = MaterializedViews.filled(exporting);
    long largeObjectBytes = copyRest(facts, exporting, extent);
    source.close(exporting);
    age.letGo();

    phase(PullEvent.Phase.INDEXES);
    note(
        archive.restoreAfterRows(
            kept.and(entry -> !calling.has(entry)), options.connections(), indexSettings()));
    create(facts, calling);
    finish(facts, views, tally);
    note(archive.restoreDatabaseProperties());
    roles.settle();
    engine.close(maintenance);
    return new PullReport(
        tables.size(),
        tally.totalRows(),
        tally.totalBytes() + largeObjectBytes,
        snapshot.lsn(),
        snapshot.timeMillis(),
        plan,
        fingerprint,
        fidelity.notes());
  }

  private static SnapshotSession snapshot(Connection exporting, Optional<FollowStart> follow)
      throws SQLException {
    if (follow.isEmpty()) {
      return SnapshotSession.open(exporting);
    }
    SnapshotSession snapshot = SnapshotSession.at(exporting, follow.get().slot());
    follow.get().letGo();
    return snapshot;
  }

  private Optional<FollowPlan> followPlan(
      Optional<FollowStart> follow,
      Connection exporting,
      List<SourceTable> tables,
      PullExtent extent)
      throws SQLException {
    return follow.isPresent()
        ? Optional.of(follow.get().plan(exporting, tables, extent, fidelity))
        : Optional.empty();
  }

  private Optional<FollowStart> beginToFollow(SourceFacts facts, Provider provider)
      throws SQLException {
    boolean failover = provider.replication().failoverSlots();
    return options.follow().isPresent()
        ? FollowStart.attempt(source, facts, failover, options.follow().get(), fidelity)
        : Optional.empty();
  }

  private long copyRest(SourceFacts facts, Connection exporting, PullExtent extent)
      throws SQLException, InterruptedException {
    Connection session = engine.open(facts.database());
    try {
      phase(PullEvent.Phase.SEQUENCES);
      SequenceCopy.run(exporting, session, extent, fidelity);
      phase(PullEvent.Phase.LARGE_OBJECTS);
      return new LargeObjectCopy(exporting, session, rate, fidelity).run();
    } finally {
      engine.close(session);
    }
  }

  private void finish(SourceFacts facts, List<String[]> views, RowTally tally) throws Exception {
    Finishing finishing = new Finishing(engine, facts, workers, options.connections());
    phase(PullEvent.Phase.ANALYZE);
    finishing.analyze(tally.byTable().keySet(), fidelity);
    Connection session = engine.open(facts.database());
    try {
      MaterializedViews.refresh(session, views, fidelity);
    } finally {
      engine.close(session);
    }
    phase(PullEvent.Phase.VERIFY);
    finishing.verify(tally.byTable());
  }

  private void create(SourceFacts facts, CallingTriggers calling) throws SQLException {
    Connection session = engine.open(facts.database());
    try {
      calling.create(session, fidelity);
    } finally {
      engine.close(session);
    }
  }

  /** What stands in for a missing extension belongs between its schema and the user's tables. */
  private void restoreTables(
      SourceFacts facts, SchemaArchive archive, Predicate<TocEntry> kept, ExtensionStubs stubs)
      throws Exception {
    if (stubs.isEmpty()) {
      note(archive.restoreBeforeRows(kept));
      return;
    }
    note(archive.restoreBeforeRows(kept.and(TocEntry::isSchemaOrExtension)));
    Connection session = engine.open(facts.database());
    try {
      stubs.create(session);
      note(archive.restoreBeforeRows(kept.and(entry -> !entry.isSchemaOrExtension())));
      stubs.dropUnanswerableChecks(session);
    } finally {
      engine.close(session);
    }
  }

  private boolean kept(TocEntry entry, Set<String> missingExtensions, Provider provider) {
    return !entry.isUserMapping()
        && !entry.isEventTriggerOfRecorder()
        && missingExtensions.stream().noneMatch(entry::isOfExtension)
        && provider.administrators().stream().noneMatch(entry::isEventTriggerOf);
  }

  private void plan(List<SourceTable> tables) {
    listener.on(
        new PullEvent.TablesPlanned(
            tables.stream()
                .map(table ->
                    new PullEvent.TablePlan(
                        table.readable(), table.rowsEstimate(), table.bytesEstimate()))
                .toList()));
  }

  private void note(List<RestoreLog.Failure> failures) {
    for (RestoreLog.Failure failure : failures) {
      fidelity.dropped(failure.kind(), failure.object(), failure.reason());
    }
  }

  /**
   * A table that could not be created would lose its rows, so that ends the pull. One of an
   * extension's is only noted.
   */
  private List<SourceTable> present(SourceFacts facts, List<SourceTable> tables)
      throws SQLException {
    Connection session = engine.open(facts.database());
    try {
      Set<String> present =
          Set.copyOf(
              Query.list(
                  session,
                  "SELECT n.nspname, c.relname FROM pg_class c"
                      + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'",
                  row -> SqlText.identifier(row.getString(1), row.getString(2))));
      for (SourceTable table : tables) {
        if (present.contains(table.quoted())) {
          continue;
        }
        if (!table.configuration()) {
          throw new SourceException(
              SourceFailure.PULL_FAILED,
              "Table " + table.readable() + " could not be created in the engine: " + why(table),
              "Give the engine what the table needs, or leave the table out of the source.");
        }
        fidelity.dropped("table data", table.readable(), "the engine lacks its extension");
      }
      return tables.stream().filter(table -> present.contains(table.quoted())).toList();
    } finally {
      engine.close(session);
    }
  }

  private String why(SourceTable table) {
    return fidelity.notes().stream()
        .filter(note -> note.object().contains(table.name()))
        .map(FidelityNote::reason)
        .findFirst()
        .orElse("pg_restore gave no reason");
  }

  /** An index build is fastest when its sort fits in memory. */
  private String[] indexSettings() {
    long memory =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
            .getTotalMemorySize();
    long megabytes = Math.clamp((memory / 8 / options.connections()) >> 20, 64, 1024);
    return new String[] {
      "maintenance_work_mem=" + megabytes + "MB",
      "max_parallel_maintenance_workers="
          + Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8)
    };
  }

  private void phase(PullEvent.Phase phase) {
    listener.on(new PullEvent.PhaseStarted(phase));
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.deleteIfExists(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (IOException | UncheckedIOException e) {
      // A left-over folder under the temporary directory harms nobody.
    }
  }
}
