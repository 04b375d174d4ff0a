package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.branches.Access;
import dev.coppice.branches.Durability;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code coppice branch …}. */
@Command(
    name = "branch",
    description = "Creates, shows and deletes branches.",
    subcommands = {
      BranchCommand.Create.class,
      BranchCommand.ListAll.class,
      BranchCommand.Get.class,
      BranchCommand.Delete.class,
      BranchCommand.Reset.class,
      BranchCommand.Suspend.class
    })
final class BranchCommand extends CommandGroup {

  @Command(name = "create", description = "Creates a branch of a source or of another branch.")
  static final class Create extends ClientCommand {
    @Parameters(paramLabel = "NAME", description = "Lower-case letters, digits and hyphens.")
    private String name = "";

    @Option(
        names = "--from",
        paramLabel = "SOURCE|BRANCH[@SNAPSHOT|@TIME]",
        description =
            "What to start from; a source's newest snapshot or a branch's present state unless a"
                + " snapshot or an ISO-8601 time follows. Default: the only source there is.")
    private @Nullable String from;

    @Option(
        names = "--ttl",
        paramLabel = "DURATION",
        description = "Delete it by itself after this long, 2h for example.")
    private @Nullable String ttl;

    @Option(
        names = "--access",
        paramLabel = "ACCESS",
        description = "reader, writer, owner or superuser (default: owner).")
    private Access access = Access.OWNER;

    @Option(
        names = "--quota",
        paramLabel = "SIZE",
        description =
            "What it may hold of its own, 10GB for example; then its disk is full (default: none).")
    private @Nullable String quota;

    @Option(
        names = "--durability",
        paramLabel = "DURABILITY",
        description =
            "full or relaxed (default: full). A relaxed branch is for CI: its commits do not wait for"
                + " the disk. It survives a killed engine or server; a power failure while it is awake"
                + " takes it back to the snapshot that it was created from.")
    private Durability durability = Durability.FULL;

    @Option(
        names = "--fresh",
        description =
            "Bring the base to where the source is now and start from there; the source must be one"
                + " that is followed.")
    private boolean fresh;

    @Option(names = "--if-not-exists", description = "Succeed if the branch is already there.")
    private boolean ifNotExists;

    @Option(names = "--print-url", description = "Print the connection string and nothing else.")
    private boolean printUrl;

    @Override
    public Integer call() {
      JsonNode branch = api().post("/v1/branches?password=" + printUrl, body());
      if (printUrl) {
        printLine(branch.path("url").asText());
      } else {
        print(branch, Views::branch);
      }
      return 0;
    }

    private ObjectNode body() {
      ObjectNode body = object().put("name", name).put("if_not_exists", ifNotExists);
      body.put("fresh", fresh);
      body.put("access", access.name().toLowerCase(Locale.ROOT));
      body.put("durability", durability.name().toLowerCase(Locale.ROOT));
      if (from != null) {
        int at = from.indexOf('@');
        body.put("from", at < 0 ? from : from.substring(0, at));
        body.put("at", at < 0 ? null : from.substring(at + 1));
      }
      return body.put("ttl", ttl).put("quota", quota);
    }
  }

  @Command(name = "list", description = "Lists all branches.")
  static final class ListAll extends ClientCommand {
    @Override
    public Integer call() {
      print(api().get("/v1/branches").path("branches"), Views::branches);
      return 0;
    }
  }

  @Command(name = "get", description = "Shows one branch.")
  static final class Get extends ClientCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      print(api().get(path("branches", name)), Views::branch);
      return 0;
    }
  }

  @Command(name = "delete", description = "Ends a branch's sessions and deletes it.")
  static final class Delete extends ClientCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      api().delete(path("branches", name));
      printRemoval(name);
      return 0;
    }
  }

  @Command(
      name = "reset",
      description = "Brings a branch back to a snapshot; its changes are lost.")
  static final class Reset extends ClientCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Option(
        names = "--to",
        paramLabel = "SNAPSHOT",
        description = "A snapshot of its lineage (default: the one it was created from).")
    private @Nullable String to;

    @Override
    public Integer call() {
      print(api().post(path("branches", name) + "/reset", object().put("to", to)), Views::branch);
      return 0;
    }
  }

  @Command(name = "suspend", description = "Stops a branch's engine; a connection wakes it.")
  static final class Suspend extends ClientCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      print(api().post(path("branches", name) + "/suspend", object()), Views::branch);
      return 0;
    }
  }
}
