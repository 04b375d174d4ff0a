package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.SourceCheck;
import dev.coppice.server.failure.FailureCode;
import dev.coppice.server.failure.FailureCode.Exit;
import dev.coppice.server.failure.FailureTable;
import dev.coppice.server.output.Json;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code coppice source …}. */
@Command(
    name = "source",
    description = "Checks, pulls, shows and removes production databases.",
    subcommands = {
      SourceCommand.Check.class,
      SourceCommand.Add.class,
      SourceCommand.ListAll.class,
      SourceCommand.Get.class,
      SourceCommand.Renew.class,
      SourceCommand.Remove.class
    })
final class SourceCommand extends CommandGroup {

  @Command(
      name = "check",
      description =
          "Looks at a database without changing it: what a pull needs, and what is missing.")
  static final class Check extends OutputCommand {
    @Parameters(paramLabel = "URL", description = "postgres://user:password@host:port/database")
    private String url = "";

    @Mixin private ProviderOption provider = new ProviderOption();

    @Option(
        names = "--from-replica",
        description = "The URL is a standby's; one that takes writes will not do.")
    private boolean fromReplica;

    @Override
    public Integer call() {
      SourceCheck check =
          Source.at(SourceAddress.parse(url), provider.provider()).check(fromReplica);
      print(result(check), ignored -> CheckView.text(check));
      return check.failure().map(FailureTable::of).map(FailureCode::exit).orElse(Exit.OK).code();
    }

    private static JsonNode result(SourceCheck check) {
      return Json.MAPPER.valueToTree(
          Map.of(
              "passed", check.passed(),
              "followable", check.followable(),
              "facts", check.facts(),
              "items",
                  check.items().stream()
                      .map(item ->
                          Map.of(
                              "outcome", item.outcome().name().toLowerCase(Locale.ROOT),
                              "what", item.what(),
                              "detail", item.detail(),
                              "remedy", item.remedy()))
                      .toList()));
    }
  }

  @Command(
      name = "add",
      description =
          "Pulls a database and follows it, so that branches of it can be created. Ctrl-C cancels the pull, which"
              + " can be repeated at once.")
  static final class Add extends ClientCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "What to call it here.")
    private String name = "";

    @Parameters(
        index = "1",
        paramLabel = "URL",
        description = "postgres://user:password@host:port/database")
    private String url = "";

    @Mixin private ProviderOption provider = new ProviderOption();
    @Mixin private LoadOptions load = new LoadOptions();

    @Option(
        names = "--from-replica",
        description = "The URL is a standby's; refuse a server that takes writes.")
    private boolean fromReplica;

    @Option(
        names = "--stub-types",
        description =
            "Where the engine lacks an extension, keep its types as plain text, without their"
                + " operators and indexes, instead of ending the pull.")
    private boolean stubTypes;

    @Option(
        names = "--mask",
        paramLabel = "FILE",
        description = "A masking policy. Not built yet: with it nothing is pulled.")
    private @Nullable Path mask;

    @Option(
        names = "--no-follow",
        description =
            "Pull once. Without it a replication slot is made on the source, and the base is kept in"
                + " step, where the source allows it.")
    private boolean pullOnce;

    @Option(
        names = "--publication",
        paramLabel = "NAME",
        description =
            "Follow by this publication of the source (default: one called coppice, else a new one).")
    private @Nullable String publication;

    @Option(
        names = "--ddl",
        description =
            "Make event triggers on the source that record what is defined there, so that the base"
                + " gets new tables, columns and indexes at their place in the stream instead of"
                + " being pulled anew.")
    private boolean ddl;

    @Override
    public Integer call() {
      if (mask != null) {
        throw NotBuiltYet.masking(name, mask);
      }
      ObjectNode body = object().put("name", name).put("url", url).put("stub_types", stubTypes);
      body.put("follow", !pullOnce).put("publication", publication).put("ddl", ddl);
      body.put("from_replica", fromReplica);
      provider.provider().ifPresent(named -> body.put("provider", named.name()));
      load.addTo(body);
      print(pull(body).path("source"), Views::source);
      return 0;
    }

    private JsonNode pull(ObjectNode body) {
      try (PullProgress progress = PullProgress.on(spec().commandLine().getErr())) {
        return api().stream("/v1/sources", body, progress);
      }
    }
  }

  @Command(name = "list", description = "Lists all sources.")
  static final class ListAll extends ClientCommand {
    @Override
    public Integer call() {
      print(api().get("/v1/sources").path("sources"), Views::sources);
      return 0;
    }
  }

  @Command(name = "get", description = "Shows one source and how its base differs from it.")
  static final class Get extends ClientCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      print(api().get(path("sources", name)), Views::source);
      return 0;
    }
  }

  @Command(
      name = "renew",
      description =
          "Has a source pulled anew beside its base, with all that is defined there. Returns at once;"
              + " \"get\" shows how far it is.")
  static final class Renew extends ClientCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      print(api().post(path("sources", name) + "/renew", object()), Views::source);
      return 0;
    }
  }

  @Command(name = "remove", description = "Removes a source's base and snapshots from here.")
  static final class Remove extends ClientCommand {
    @Parameters(paramLabel = "NAME")
    private String name = "";

    @Override
    public Integer call() {
      api().delete(path("sources", name));
      printRemoval(name);
      return 0;
    }
  }
}
