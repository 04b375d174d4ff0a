package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static dev.coppice.branches.BranchLab.await;
import static dev.coppice.branches.BranchLab.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.coppice.branches.BranchLab.Client;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.util.PSQLException;

/** One source, pulled once; every test uses branches of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BranchManagerIT {

  private static final String COUNT = "SELECT count(*) FROM sales.item";

  private BranchLab lab;
  private @Nullable BranchManager opened;
  private BranchManager manager;

  @BeforeAll
  void open() throws Exception {
    lab = new BranchLab();
    manager = lab.open(1);
    opened = manager;
    manager.addSource(lab.shop("secret"), event -> {});
  }

  @AfterAll
  void close() throws Exception {
    try {
      if (opened != null) {
        opened.close();
      }
    } finally {
      lab.close();
    }
  }

  @Test
  void aSourceTellsWhatItHoldsAndWhatIsDifferent() {
    SourceInfo source = manager.source(SHOP);
    assertThat(source.state()).isEqualTo(SourceInfo.State.READY);
    assertThat(source.address()).contains("127.0.0.1").doesNotContain("secret");
    assertThat(source.owner()).isEqualTo(OWNER);
    assertThat(source.engineMajor()).isEqualTo(BranchLab.MAJOR);
    assertThat(source.tables()).isEqualTo(1);
    assertThat(source.rows()).isEqualTo(20_000);
    assertThat(source.snapshot()).isPresent();
    assertThat(source.settings()).containsEntry("random_page_cost", "1.5");
    assertThat(source.fidelity())
        .anyMatch(note -> note.object().equals("operator"))
        .anyMatch(note -> note.object().contains("importer"));
    assertThat(manager.snapshots(Optional.of(SHOP))).isNotEmpty();
  }

  @Test
  void branchesAreIndependent() throws Exception {
    manager.createBranch(request("shop", "one", Access.OWNER));
    manager.createBranch(request("shop", "two", Access.OWNER));
    try (Client one = Client.connect(manager, "one", OWNER);
        Client two = Client.connect(manager, "two", OWNER)) {
      one.run("DELETE FROM sales.item WHERE id <= 15000");
      one.run("CREATE TABLE sales.extra (id int)");
      assertThat(one.one(COUNT)).isEqualTo("5000");
      assertThat(two.one(COUNT)).isEqualTo("20000");
      assertThat(two.one("SHOW random_page_cost")).isEqualTo("1.5");
    }
    BranchInfo info = manager.branch(new BranchName("one"));
    assertThat(info.lineage()).containsExactly(SHOP);
    assertThat(info.state()).isEqualTo(BranchInfo.State.RUNNING);
    assertThat(info.role()).isEqualTo(OWNER);
    assertThat(info.database()).isEqualTo("shop");
    assertThat(info.ownBytes()).isPositive();
  }

  @Test
  void aBranchThatIsFullRefusesToGrowAndLivesOn() throws Exception {
    long quota = 60_000_000;
    BranchName name = new BranchName("bounded");
    manager.createBranch(
        new CreateBranch(
            name,
            Optional.of(SHOP),
            Optional.empty(),
            Optional.empty(),
            Access.OWNER,
            OptionalLong.of(quota),
            Durability.FULL));
    try (Client client = Client.connect(manager, "bounded", OWNER)) {
      client.run("CREATE TABLE sales.big (filler text)");
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  client.run(
                      "INSERT INTO sales.big SELECT repeat('x', 1000) FROM generate_series(1, 5000)");
                }
              })
          .isInstanceOf(SQLException.class)
          .extracting(e -> ((SQLException) e).getSQLState())
          .isEqualTo("53100");
      assertThat(client.one(COUNT)).isEqualTo("20000");
      client.run("UPDATE sales.item SET price = price + 1 WHERE id = 1");
    }
    BranchInfo full = manager.branch(name);
    assertThat(full.quotaBytes()).hasValue(quota);
    assertThat(full.ownBytes()).isBetween(quota / 2, quota + (64L << 20));
    manager.suspendBranch(name);
    try (Client client = Client.connect(manager, "bounded", OWNER)) {
      assertThat(client.one(COUNT)).isEqualTo("20000");
    }
    manager.resetBranch(name, Optional.empty());
    assertThat(manager.branch(name).quotaBytes()).hasValue(quota);
  }

  @Test
  void anOwnerIsNoSuperuserAndCannotReachTheMachine() throws Exception {
    manager.createBranch(request("shop", "caged", Access.OWNER));
    try (Client client = Client.connect(manager, "caged", OWNER)) {
      assertThat(client.one("SELECT count(*) FROM pg_roles WHERE rolsuper AND rolcanlogin"))
          .isEqualTo("1");
      for (String role :
          List.of("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")) {
        assertThatThrownBy(() -> client.run("GRANT " + role + " TO " + OWNER))
            .isInstanceOf(SQLException.class);
      }
      assertThatThrownBy(() -> client.run("COPY sales.item FROM PROGRAM 'true'"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("must be superuser");
      assertThatThrownBy(() -> client.run("ALTER ROLE " + OWNER + " SUPERUSER"))
          .isInstanceOf(SQLException.class);
      client.run("CREATE ROLE helper LOGIN");
    }
    try (Client client = Client.connect(manager, "caged", "importer")) {
      assertThatThrownBy(() -> client.run("SET ROLE pg_execute_server_program"))
          .isInstanceOf(SQLException.class);
    }
  }

  @Test
  void readersReadAndWritersWrite() throws Exception {
    manager.createBranch(request("shop", "read", Access.READER));
    manager.createBranch(request("shop", "write", Access.WRITER));
    assertThat(manager.branch(new BranchName("read")).role()).isEqualTo("coppice_reader");
    try (Client reader = Client.connect(manager, "read", "coppice_reader");
        Client writer = Client.connect(manager, "write", "coppice_writer")) {
      assertThat(reader.one(COUNT)).isEqualTo("20000");
      assertThatThrownBy(() -> reader.run("DELETE FROM sales.item"))
          .hasMessageContaining("permission denied");
      writer.run("INSERT INTO sales.item (name, price) VALUES ('new', 1)");
      assertThatThrownBy(() -> writer.run("DROP TABLE sales.item"))
          .hasMessageContaining("must be owner");
    }
  }

  @Test
  void aLoginIsRefusedWhereTheAccessDoesNotPermitTheRole() throws Exception {
    manager.createBranch(request("shop", "login-owner", Access.OWNER));
    manager.createBranch(request("shop", "login-reader", Access.READER));
    manager.createBranch(request("shop", "login-super", Access.SUPERUSER));
    BranchLogin login = login("login-owner", OWNER);
    assertThat(login.defaultDatabase()).isEqualTo("shop");
    assertThat(login.verifier())
        .isEqualTo("verifier of " + manager.password(new BranchName("login-owner")));
    assertThat(login("login-owner", "importer").branch().value()).isEqualTo("login-owner");
    assertThat(login("login-super", "coppice").branch().value()).isEqualTo("login-super");
    assertThat(loginFailure("login-owner", "coppice")).isEqualTo(BranchFailure.ROLE_REFUSED);
    assertThat(loginFailure("login-owner", "coppice_reader")).isEqualTo(BranchFailure.ROLE_REFUSED);
    assertThat(loginFailure("login-reader", OWNER)).isEqualTo(BranchFailure.ROLE_REFUSED);
    assertThat(loginFailure("nowhere", OWNER)).isEqualTo(BranchFailure.BRANCH_NOT_FOUND);
    assertThat(loginFailure("No Such!", OWNER)).isEqualTo(BranchFailure.BRANCH_NOT_FOUND);
  }

  @Test
  void aBranchOfABranchThatIsBeingWrittenToIsWholeAndStandsStill() throws Exception {
    manager.createBranch(request("shop", "busy", Access.OWNER));
    AtomicBoolean writing = new AtomicBoolean(true);
    try (Client client = Client.connect(manager, "busy", OWNER)) {
      client.run("CREATE TABLE sales.pair (a int, b int)");
      CompletableFuture<Integer> written =
          CompletableFuture.supplyAsync(() -> writePairs(client, writing));
      for (int child = 0; child < 3; child++) {
        String name = "busy-child-" + child;
        manager.createBranch(request("busy", name, Access.OWNER));
        try (Client reader = Client.connect(manager, name, OWNER)) {
          String torn = "SELECT count(*) FROM sales.pair WHERE a <> b";
          assertThat(reader.one(torn)).isEqualTo("0");
          assertThat(reader.one("SELECT count(*) % 2 FROM sales.pair")).isEqualTo("0");
          assertThat(reader.one(COUNT)).isEqualTo("20000");
        }
      }
      writing.set(false);
      assertThat(written.get(1, TimeUnit.MINUTES)).isPositive();
    }
    assertThat(manager.branch(new BranchName("busy-child-0")).lineage())
        .containsExactly(new BranchName("busy"), SHOP);
    manager.deleteBranch(new BranchName("busy"));
    try (Client orphan = Client.connect(manager, "busy-child-1", OWNER)) {
      assertThat(orphan.one(COUNT)).isEqualTo("20000");
    }
    BranchInfo reset = manager.resetBranch(new BranchName("busy-child-1"), Optional.empty());
    assertThat(reset.lineage()).hasSize(2);
  }

  private static int writePairs(Client client, AtomicBoolean writing) {
    int written = 0;
    try {
      while (writing.get()) {
        client.run("INSERT INTO sales.pair VALUES (1, 1), (2, 2)");
        written++;
      }
      return written;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void suspendedBranchesWakeOnConnectAndManyWaitersStartOneEngine() throws Exception {
    manager.createBranch(request("shop", "sleepy", Access.OWNER));
    try (Client client = Client.connect(manager, "sleepy", OWNER)) {
      client.run("DELETE FROM sales.item WHERE id > 10");
    }
    assertThat(manager.suspendBranch(new BranchName("sleepy")).state())
        .isEqualTo(BranchInfo.State.SUSPENDED);
    List<CompletableFuture<EngineLease>> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(manager.connect(new BranchName("sleepy")).toCompletableFuture());
    }
    for (CompletableFuture<EngineLease> lease : waiting) {
      lease.get(1, TimeUnit.MINUTES).close();
    }
    try (Client client = Client.connect(manager, "sleepy", OWNER)) {
      assertThat(client.one(COUNT)).isEqualTo("10");
    }
  }

  @Test
  void resetBringsTheSnapshotBackAndEndsSessions() throws Exception {
    BranchName name = new BranchName("reset");
    manager.createBranch(request("shop", "reset", Access.OWNER));
    try (Client client = Client.connect(manager, "reset", OWNER)) {
      client.run("DELETE FROM sales.item WHERE id > 100");
    }
    SnapshotInfo half = manager.createSnapshot(name, Optional.of("half"));
    assertThat(half.of()).isEqualTo(name);
    try (Client client = Client.connect(manager, "reset", OWNER)) {
      client.run("TRUNCATE sales.item");
      manager.resetBranch(name, Optional.of("half"));
      assertThatThrownBy(() -> client.run("SELECT 1"))
          .isInstanceOfSatisfying(
              PSQLException.class, e -> assertThat(e.getSQLState()).isIn("57P01", "08006"));
    }
    try (Client client = Client.connect(manager, "reset", OWNER)) {
      assertThat(client.one(COUNT)).isEqualTo("100");
    }
    assertThat(failure(() -> manager.deleteSnapshot(name, "half")))
        .isEqualTo(BranchFailure.SNAPSHOT_IN_USE);
    assertThat(failure(() -> manager.resetBranch(name, Optional.of("nothing"))))
        .isEqualTo(BranchFailure.SNAPSHOT_NOT_FOUND);
    String first = manager.source(SHOP).snapshot().orElseThrow();
    manager.resetBranch(name, Optional.of(first));
    try (Client client = Client.connect(manager, "reset", OWNER)) {
      assertThat(client.one(COUNT)).isEqualTo("20000");
    }
    manager.deleteSnapshot(name, "half");
  }

  @Test
  void snapshotsAreFoundByNameAndByTime() throws Exception {
    manager.createBranch(request("shop", "timed", Access.OWNER));
    try (Client client = Client.connect(manager, "timed", OWNER)) {
      client.run("DELETE FROM sales.item WHERE id > 1");
    }
    SnapshotInfo early = manager.createSnapshot(new BranchName("timed"), Optional.of("early"));
    try (Client client = Client.connect(manager, "timed", OWNER)) {
      client.run("DELETE FROM sales.item");
    }
    manager.createSnapshot(new BranchName("timed"), Optional.of("late"));
    assertThat(failure(() -> manager.createSnapshot(new BranchName("timed"), Optional.of("late"))))
        .isEqualTo(BranchFailure.SNAPSHOT_EXISTS);
    manager.createBranch(request("timed@early", "timed-name", Access.OWNER));
    manager.createBranch(request("timed@" + early.takenAt(), "timed-time", Access.OWNER));
    for (String child : List.of("timed-name", "timed-time")) {
      try (Client client = Client.connect(manager, child, OWNER)) {
        assertThat(client.one(COUNT)).isEqualTo("1");
      }
    }
    assertThat(
            failure(() ->
                manager.createBranch(
                    request("timed@2001-01-01T00:00:00Z", "too-early", Access.OWNER))))
        .isEqualTo(BranchFailure.SNAPSHOT_NOT_FOUND);
  }

  @Test
  void aSourceCanBeSealedAnewAndOldSnapshotsDeleted() throws Exception {
    String first = manager.source(SHOP).snapshot().orElseThrow();
    manager.createBranch(request("shop@" + first, "before-seal", Access.OWNER));
    SnapshotInfo second = manager.createSnapshot(SHOP, Optional.of("second"));
    assertThat(manager.source(SHOP).snapshot()).contains(second.name());
    manager.createBranch(request("shop", "after-seal", Access.OWNER));
    try (Client client = Client.connect(manager, "after-seal", OWNER)) {
      assertThat(client.one(COUNT)).isEqualTo("20000");
    }
    assertThat(failure(() -> manager.deleteSnapshot(SHOP, first)))
        .isEqualTo(BranchFailure.SNAPSHOT_IN_USE);
    assertThat(failure(() -> manager.deleteSnapshot(SHOP, "second")))
        .isEqualTo(BranchFailure.SNAPSHOT_IN_USE);
  }

  @Test
  void namesAreSharedAndTaken() {
    manager.createBranch(request("shop", "taken", Access.OWNER));
    assertThat(failure(() -> manager.createBranch(request("shop", "taken", Access.OWNER))))
        .isEqualTo(BranchFailure.BRANCH_EXISTS);
    assertThat(failure(() -> manager.createBranch(request("shop", "shop", Access.OWNER))))
        .isEqualTo(BranchFailure.BRANCH_EXISTS);
    assertThat(failure(() -> manager.createBranch(request("nothing", "x", Access.OWNER))))
        .isEqualTo(BranchFailure.SOURCE_NOT_FOUND);
    assertThat(failure(() -> manager.addSource(lab.shop("secret"), event -> {})))
        .isEqualTo(BranchFailure.SOURCE_EXISTS);
    assertThat(failure(() -> manager.removeSource(SHOP)))
        .isEqualTo(BranchFailure.SOURCE_HAS_BRANCHES);
  }

  @Test
  void aWrongPasswordLeavesNothing() {
    AddSource wrong =
        new AddSource(
            new BranchName("wrong"), lab.shop("wrong").address(), lab.shop("x").options());
    assertThatThrownBy(() -> manager.addSource(wrong, event -> {}))
        .isInstanceOfSatisfying(
            BranchException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(BranchFailure.SOURCE_FAILED);
              assertThat(e.hint()).isNotBlank();
            });
    assertThat(failure(() -> manager.source(wrong.name())))
        .isEqualTo(BranchFailure.SOURCE_NOT_FOUND);
  }

  @Test
  void branchesExpire() throws Exception {
    BranchName name = new BranchName("brief");
    manager.createBranch(
        new CreateBranch(
            name,
            Optional.empty(),
            Optional.empty(),
            Optional.of(Duration.ofSeconds(1)),
            Access.OWNER,
            OptionalLong.empty(),
            Durability.FULL));
    await(
        "the branch is gone",
        () -> manager.branches().stream().noneMatch(branch -> branch.name().equals(name)));
    assertThat(loginFailure("brief", OWNER)).isEqualTo(BranchFailure.BRANCH_NOT_FOUND);
  }

  private BranchLogin login(String branch, String role) throws Exception {
    return manager.login(branch, role).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private BranchFailure loginFailure(String branch, String role) throws Exception {
    try {
      login(branch, role);
      throw new AssertionError(branch + " admits " + role);
    } catch (ExecutionException e) {
      return failureOf(e.getCause());
    }
  }

  private static BranchFailure failure(ThrowingCallable work) {
    Throwable thrown = catchThrowable(work);
    return failureOf(thrown);
  }

  private static BranchFailure failureOf(@Nullable Throwable thrown) {
    if (thrown instanceof BranchException e) {
      return e.failure();
    }
    throw new AssertionError("not refused, but " + thrown, thrown);
  }
}
