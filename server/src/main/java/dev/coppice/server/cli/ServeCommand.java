package dev.coppice.server.cli;

import dev.coppice.server.CoppiceServer;
import dev.coppice.server.config.Settings;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code coppice serve}. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Runs the server in the foreground until it is told to stop.")
final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SettingOptions options = new SettingOptions();

  @Override
  public Integer call() throws InterruptedException {
    // Before the first logger is made. A server's log is worth having, a command's is noise.
    if (System.getenv("COPPICE_LOG") == null) {
      System.setProperty("coppice.log", "INFO");
    }
    Settings settings = options.read();
    CoppiceServer server = CoppiceServer.start(settings, System.getenv());
    server.warmUp();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "shutdown"));
    PrintWriter err = spec.commandLine().getErr();
    err.println("postgres   %s".formatted(server.postgresListen()));
    err.println("http       %s".formatted(server.httpUrl()));
    err.println("data       %s".formatted(settings.dataDirectory()));
    err.println("Ready. Next: coppice source add NAME postgres://…");
    err.flush();
    // Only a signal ends it; the shutdown hook then stops everything in order.
    new CountDownLatch(1).await();
    return 0;
  }

  /** A server that was told to stop, and did, has succeeded. */
  private static void stop(CoppiceServer server) {
    server.close();
    Runtime.getRuntime().halt(0);
  }
}
