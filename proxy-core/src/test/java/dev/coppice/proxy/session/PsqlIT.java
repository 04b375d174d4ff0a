package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.ProxyServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PsqlIT {

  private TestEngine engine;
  private TestBranches branches;
  private ProxyServer proxy;

  PsqlIT(@TempDir Path directory) {
    engine = TestEngine.start();
    engine.sql("CREATE DATABASE shop");
    engine.sql("CREATE ROLE app LOGIN");
    branches = new TestBranches(engine.socket());
    proxy =
        ProxyServer.start(
            new ProxyConfig(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.empty(),
                directory.resolve("tls"),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Optional.of("coppice.test")),
            branches,
            new SimpleMeterRegistry());
  }

  @AfterAll
  void stop() {
    proxy.close();
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable", "require"})
  void queriesWithAndWithoutTls(String sslmode) {
    assertThat(
            psql(
                "user=app.pr-1 dbname=shop sslmode=" + sslmode,
                "SELECT current_user, current_database()"))
        .isEqualTo("app|shop");
  }

  private String psql(String connection, String statement) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(
              List.of(
                  engine.tool("psql"),
                  "host=127.0.0.1 port=" + proxy.address().getPort() + " " + connection,
                  "-Atqc",
                  statement));
      builder.environment().put("PGPASSWORD", TestBranches.PASSWORD);
      Process process = builder.redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output.strip();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
