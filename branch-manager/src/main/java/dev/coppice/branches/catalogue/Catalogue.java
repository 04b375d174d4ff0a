package dev.coppice.branches.catalogue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.engine.EngineSession;
import dev.coppice.storage.SnapshotId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;

/** The catalogue's database. Each method is one transaction, durable on return. */
public final class Catalogue implements AutoCloseable {

  private static final int SESSIONS = 4;
  private static final String UNIQUE_VIOLATION = "23505";
  private static final String FOREIGN_KEY_VIOLATION = "23503";
  private static final String DISK_FULL = "53100";

  private final CatalogueEngine engine;
  private final HikariDataSource sessions;
  private volatile int knownStart;
  private final FollowTable follows;
  private final SourceTable sources;
  private final SnapshotTable snapshots = new SnapshotTable();
  private final FingerprintTable fingerprints = new FingerprintTable();
  private final BranchTable branches;

  private Catalogue(CatalogueEngine engine, HikariDataSource sessions, Vault vault) {
    this.engine = engine;
    this.knownStart = engine.require();
    this.sessions = sessions;
    this.follows = new FollowTable(vault);
    this.sources = new SourceTable(vault, follows);
    this.branches = new BranchTable(vault);
  }

  /** Connects, and brings the schema up to date. */
  static Catalogue open(CatalogueEngine engine, Properties login, Vault vault) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("coppice-catalogue");
    config.setJdbcUrl(EngineSession.URL);
    config.setDataSourceProperties(login);
    config.setMaximumPoolSize(SESSIONS);
    config.setMinimumIdle(SESSIONS);
    Catalogue catalogue = new Catalogue(engine, new HikariDataSource(config), vault);
    catalogue.run(
        "bring its schema up to date",
        session -> {
          Migrations.apply(session);
          return true;
        });
    return catalogue;
  }

  public Contents load() {
    return run(
        "read it",
        session ->
            new Contents(sources.all(session), snapshots.all(session), branches.all(session)));
  }

  /** Takes the name and keeps the source. */
  public void insert(StoredSource source) {
    transaction(
        "keep source " + source.name(),
        session -> {
          sources.insert(session, source);
          return true;
        });
  }

  public void update(StoredSource source) {
    transaction(
        "update source " + source.name(),
        session -> {
          sources.update(session, source);
          return true;
        });
  }

  /** The source and a snapshot of it become usable together. */
  public void update(
      StoredSource source, StoredSnapshot sealed, Optional<StoredFingerprint> fingerprint) {
    transaction(
        "keep a snapshot of " + source.name(),
        session -> {
          sources.update(session, source);
          snapshots.insert(session, sealed);
          if (source.follow().isPresent() && fingerprint.isPresent()) {
            String slot = source.follow().get().slot();
            fingerprints.keep(session, source.id(), slot, fingerprint.get());
          }
          return true;
        });
  }

  /** What was defined on a source whose base is kept in step by that slot. */
  public Optional<StoredFingerprint> fingerprint(UUID source, String slot) {
    return run("read it", session -> fingerprints.find(session, source, slot));
  }

  /** Has no effect if its base is not the one any more that is kept in step by that slot. */
  public void keep(UUID source, String slot, StoredFingerprint fingerprint) {
    run(
        "keep what is defined on a source",
        session -> {
          fingerprints.keep(session, source, slot, fingerprint);
          return true;
        });
  }

  public void insert(StoredSnapshot snapshot) {
    transaction(
        "keep snapshot " + snapshot.name(),
        session -> {
          snapshots.insert(session, snapshot);
          return true;
        });
  }

  /** Fails with SNAPSHOT_IN_USE while a branch was forked from it. */
  public void delete(SnapshotId snapshot) {
    transaction(
        "delete a snapshot",
        session -> {
          snapshots.delete(session, snapshot);
          return true;
        });
  }

  /** Takes the name and keeps the branch, in one statement. */
  public void insert(StoredBranch branch) {
    run(
        "keep branch " + branch.name(),
        session -> {
          branches.insert(session, branch);
          return true;
        });
  }

  /** The same for a branch that is the first child of a new snapshot. */
  public void insert(StoredBranch branch, StoredSnapshot parent) {
    transaction(
        "keep branch " + branch.name(),
        session -> {
          snapshots.insert(session, parent);
          branches.insert(session, branch);
          return true;
        });
  }

  /** Returns the snapshots that are not needed any more, and which it has forgotten. */
  public List<SnapshotId> update(StoredBranch branch) {
    return transaction(
        "update branch " + branch.name(),
        session -> {
          branches.update(session, branch);
          return snapshots.deleteUnused(session);
        });
  }

  /** Frees the name. Returns the snapshots that it has forgotten with it. */
  public List<SnapshotId> delete(StoredBranch branch) {
    return transaction(
        "delete branch " + branch.name(),
        session -> {
          release(session, branch.name());
          snapshots.abandon(session, branch.id());
          return snapshots.deleteUnused(session);
        });
  }

  /** Frees the name and forgets the source's snapshots; fails while it has branches. */
  public void delete(StoredSource source) {
    transaction(
        "delete source " + source.name(),
        session -> {
          if (source.follow().isPresent()) {
            follows.abandon(
                session,
                new UnneededSlot(
                    source.follow().get().slot(),
                    source.address(),
                    source.origin().providerNamed()));
          }
          release(session, source.name());
          return true;
        });
  }

  /** The slot is to be dropped, unless a source comes to need it. */
  public void insert(UnneededSlot slot) {
    run(
        "note slot " + slot.slot(),
        session -> {
          follows.abandon(session, slot);
          return true;
        });
  }

  public List<UnneededSlot> unneededSlots() {
    return run("read it", follows::unneeded);
  }

  /** The slot is there no more. */
  public void delete(UnneededSlot slot) {
    run(
        "forget slot " + slot.slot(),
        session -> {
          follows.dropped(session, slot.slot());
          return true;
        });
  }

  private static void release(Connection session, BranchName name) throws SQLException {
    try (Sql sql = new Sql(session, "DELETE FROM taken_name WHERE name = ?")) {
      sql.text(name.value()).execute();
    }
  }

  @FunctionalInterface
  private interface Work<T> {
    T in(Connection session) throws SQLException;
  }

  private <T> T transaction(String what, Work<T> work) {
    return run(
        what,
        session -> {
          session.setAutoCommit(false);
          try {
            T result = work.in(session);
            session.commit();
            return result;
          } finally {
            session.rollback();
            session.setAutoCommit(true);
          }
        });
  }

  private <T> T run(String what, Work<T> work) {
    requireEngine(what);
    try (Connection session = sessions.getConnection()) {
      return work.in(session);
    } catch (SQLException e) {
      throw failure(what, e);
    }
  }

  /** Sessions with an engine that has ended are not to fail one after the other. */
  private void requireEngine(String what) {
    try {
      int start = engine.require();
      if (start != knownStart) {
        knownStart = start;
        sessions.getHikariPoolMXBean().softEvictConnections();
      }
    } catch (BranchException e) {
      throw new BranchException(
          e.failure(),
          "The catalogue could not %s: %s".formatted(what, e.getMessage()),
          e.hint(),
          e);
    }
  }

  private BranchException failure(String what, SQLException e) {
    String message = Optional.ofNullable(e.getMessage()).orElse("no reason given");
    if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
      boolean snapshot = message.contains("snapshot_owner_name_key");
      return new BranchException(
          snapshot ? BranchFailure.SNAPSHOT_EXISTS : BranchFailure.BRANCH_EXISTS,
          "Could not %s: there is one of that name already".formatted(what),
          "Choose another name, or delete the one that has it.",
          e);
    }
    if (FOREIGN_KEY_VIOLATION.equals(e.getSQLState())) {
      return new BranchException(
          BranchFailure.SNAPSHOT_IN_USE,
          "Could not %s: a branch depends on a snapshot that goes or is gone".formatted(what),
          "List the branches, delete those that depend on it, and try again.",
          e);
    }
    if (DISK_FULL.equals(e.getSQLState()) || (sessionEnded(e) && engine.lacksSpace())) {
      return new BranchException(
          BranchFailure.DISK_FULL,
          "Could not %s: the disk is full".formatted(what),
          "Free space below the data directory, for example by deleting branches.",
          e);
    }
    return new BranchException(
        BranchFailure.CATALOGUE_FAILED,
        "The catalogue could not %s: %s".formatted(what, message),
        "See the server's log; the catalogue's engine restarts by itself if it ended.",
        e);
  }

  /** Connection exceptions, and an administrator's or a crash's doing (PostgreSQL, appendix A). */
  private static boolean sessionEnded(SQLException e) {
    String state = Optional.ofNullable(e.getSQLState()).orElse("08000");
    return state.startsWith("08") || state.startsWith("57P");
  }

  @Override
  public void close() {
    sessions.close();
  }
}
