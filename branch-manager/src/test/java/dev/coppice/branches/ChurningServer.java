package dev.coppice.branches;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.branches.BranchLab.Client;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A server to be killed. It wakes branches, says where their engines are, and goes on to fork,
 * freeze and delete at random, saying before and after what it does. A branch's name on standard
 * input makes it wake that one again.
 */
final class ChurningServer {

  private static final int MOST_CHILDREN = 4;

  private final BranchManager manager;
  private final List<String> branches;
  private final Random random;
  private final List<String> children = new ArrayList<>();
  private final List<String> snapshots = new ArrayList<>();

  private ChurningServer(BranchManager manager, List<String> branches, long seed) {
    this.manager = manager;
    this.branches = branches;
    this.random = new Random(seed);
  }

  /**
   * @param arguments the lab's directory, the seed, and the branches
   */
  public static void main(String[] arguments) throws Exception {
    List<String> branches = List.of(arguments).subList(2, arguments.length);
    BranchManager manager = DoomedServer.open(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    ChurningServer server = new ChurningServer(manager, branches, seed);
    for (String branch : branches) {
      server.wake(branch);
    }
    Thread.ofPlatform().daemon().start(server::listen);
    for (int i = 0; ; i++) {
      server.change(i);
    }
  }

  private void wake(String branch) throws Exception {
    EngineLease lease =
        manager.connect(new BranchName(branch)).toCompletableFuture().get(1, TimeUnit.MINUTES);
    DoomedProcess.say("awake " + branch + " " + lease.socket().resolveSibling(""));
  }

  private void listen() {
    try (BufferedReader input = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        wake(line);
      }
    } catch (Exception e) {
      throw new IllegalStateException("cannot wake a branch", e);
    }
  }

  private void change(int number) throws Exception {
    switch (random.nextInt(5)) {
      case 0, 1 -> create("child-" + number);
      case 2, 3 -> snapshot("state-" + number);
      default -> deleteOne();
    }
    if (children.size() > MOST_CHILDREN) {
      deleteOne();
    }
  }

  private String any() {
    List<String> all = new ArrayList<>(branches);
    all.addAll(children);
    return all.get(random.nextInt(all.size()));
  }

  private void create(String name) throws Exception {
    String parent = any();
    DoomedProcess.say("creates " + name);
    manager.createBranch(BranchLab.request(parent, name, Access.OWNER));
    DoomedProcess.say("created " + name);
    children.add(name);
    if (random.nextBoolean()) {
      writeTo(name);
    }
  }

  /** So that it has something of its own. */
  private void writeTo(String name) throws Exception {
    try (Client client = Client.connect(manager, name, BranchLab.OWNER)) {
      client.run("UPDATE sales.item SET price = price + 1 WHERE id % 50 = " + random.nextInt(50));
    }
    manager.suspendBranch(new BranchName(name));
  }

  /** One snapshot makes place for the next, so that there are layers to be merged. */
  private void snapshot(String name) {
    String of = branches.get(random.nextInt(branches.size()));
    DoomedProcess.say("freezes " + of);
    manager.createSnapshot(new BranchName(of), Optional.of(name));
    DoomedProcess.say("froze " + of);
    snapshots.add(of + "/" + name);
    if (snapshots.size() > 1) {
      String[] oldest = snapshots.removeFirst().split("/", -1);
      manager.deleteSnapshot(new BranchName(oldest[0]), oldest[1]);
    }
  }

  private void deleteOne() throws IOException {
    if (!children.isEmpty()) {
      String name = children.remove(random.nextInt(children.size()));
      DoomedProcess.say("deletes " + name);
      manager.deleteBranch(new BranchName(name));
      DoomedProcess.say("deleted " + name);
    }
  }
}
