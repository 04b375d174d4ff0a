package dev.coppice.server.cli;

import dev.coppice.server.bench.BenchmarkReport;
import dev.coppice.server.bench.BenchmarkRunner;
import dev.coppice.server.config.Settings;
import dev.coppice.server.output.Json;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code coppice bench}. */
@Command(
    name = "bench",
    description = "Measures Coppice beside its peers; without a name, lists what can be measured.")
final class BenchCommand extends OutputCommand {
  @Mixin private SettingOptions options = new SettingOptions();

  @Parameters(arity = "0..1", paramLabel = "NAME")
  private @Nullable String name;

  @Option(names = "--quick", description = "End within five minutes on two cores.")
  private boolean quick;

  @Override
  public Integer call() throws Exception {
    BenchmarkRunner runner = new BenchmarkRunner(this::remark);
    if (name == null) {
      print(Json.MAPPER.valueToTree(runner.summaries()), ignored -> runner.summaryTable());
      return 0;
    }
    Settings settings = options.read();
    BenchmarkReport report = runner.run(name, quick, settings);
    print(Json.MAPPER.valueToTree(report), ignored -> report.text());
    return 0;
  }
}
