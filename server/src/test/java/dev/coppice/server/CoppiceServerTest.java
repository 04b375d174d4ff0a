package dev.coppice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.server.config.SettingKey;
import dev.coppice.server.config.Settings;
import dev.coppice.server.config.SettingsReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CoppiceServerTest {
  @Test
  void theProxyKnowsTheDomain() {
    Settings settings =
        SettingsReader.read(
            Optional.empty(),
            Map.of("HOME", "/home/ada"),
            Map.of(SettingKey.DOMAIN, List.of("db.example.org")));
    InetSocketAddress listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    assertThat(CoppiceServer.proxyConfig(settings, listen).domain()).contains("db.example.org");
  }
}
