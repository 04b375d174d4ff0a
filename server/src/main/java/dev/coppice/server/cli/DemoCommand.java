package dev.coppice.server.cli;

import dev.coppice.server.config.SettingKey;
import dev.coppice.server.config.Settings;
import dev.coppice.server.demo.Demo;
import dev.coppice.server.demo.Steps;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code coppice demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Makes a sample production database, pulls it, branches it, changes one branch and compares;"
            + " then keeps serving. Everything is deleted at the end, except a --data-dir.")
final class DemoCommand implements Callable<Integer> {
  private static final int POSTGRES_PORT = 7432;
  private static final int HTTP_PORT = 7480;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SettingOptions options = new SettingOptions();

  @Option(names = "--exit", description = "End after the tour instead of serving on.")
  private boolean exit;

  @Override
  public Integer call() throws Exception {
    Path work = Files.createTempDirectory("coppice-demo-");
    // Engines run as another user, who has to pass through.
    Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwx--x--x"));
    Map<String, String> environment = System.getenv();
    Settings settings = options.read(environment, standards(work));
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Steps steps = new Steps(out, Boolean.getBoolean("coppice.stdout.terminal"));
    Demo demo = new Demo(work, settings, environment, steps, () -> PullProgress.on(err));
    Thread shutdown = new Thread(demo::close, "shutdown");
    Runtime.getRuntime().addShutdownHook(shutdown);
    try (demo) {
      demo.run();
      if (!exit) {
        serve(steps, settings);
      }
    }
    steps.title("Done: a branch is a copy that costs what it changes.");
    return 0;
  }

  private void serve(Steps steps, Settings settings) throws InterruptedException {
    steps.title("It goes on serving; Ctrl-C ends it. In another terminal:");
    String dataDirectory = " --data-dir " + settings.dataDirectory();
    steps.line("    ./coppice branch list" + dataDirectory);
    steps.line("    ./coppice branch create mine --print-url" + dataDirectory);
    steps.line("    ./coppice psql pr-1" + dataDirectory);
    // Only a signal ends it.
    new CountDownLatch(1).await();
  }

  /** A data directory that goes with the demo, and other ports where the usual ones are taken. */
  private static Map<SettingKey, String> standards(Path work) {
    Map<SettingKey, String> standards = new EnumMap<>(SettingKey.class);
    standards.put(SettingKey.DATA_DIR, work.resolve("data").toString());
    standards.put(SettingKey.POSTGRES_LISTEN, "127.0.0.1:" + freeOr(POSTGRES_PORT));
    standards.put(SettingKey.HTTP_LISTEN, "127.0.0.1:" + freeOr(HTTP_PORT));
    return standards;
  }

  private static int freeOr(int port) {
    try {
      new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
      return port;
    } catch (IOException e) {
      return 0;
    }
  }
}
