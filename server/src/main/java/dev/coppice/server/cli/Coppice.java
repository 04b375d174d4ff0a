package dev.coppice.server.cli;

import dev.coppice.server.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program. */
@Command(
    name = "coppice",
    description = "Database branching for any Postgres.",
    mixinStandardHelpOptions = true,
    versionProvider = Coppice.VersionText.class,
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      SourceCommand.class,
      BranchCommand.class,
      UrlCommand.class,
      CaCommand.class,
      PsqlCommand.class,
      SnapshotCommand.class,
      StoreCommand.class,
      DoctorCommand.class,
      BenchCommand.class
    })
public final class Coppice implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs one command and returns its exit code. */
  public static int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Coppice());
    NotBuiltYet.COMMANDS.forEach(name -> commandLine.addSubcommand(name, new NotBuiltYet()));
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(false)
        .setParameterExceptionHandler(Errors::misuse)
        .setExecutionExceptionHandler(Errors::failure);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** What {@code --version} prints. */
  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"coppice " + Version.text()};
    }
  }
}
