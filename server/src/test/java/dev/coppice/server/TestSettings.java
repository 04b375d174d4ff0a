package dev.coppice.server;

import dev.coppice.server.config.SettingKey;
import dev.coppice.server.config.Settings;
import dev.coppice.server.config.SettingsReader;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Of servers that tests start. */
final class TestSettings {

  private TestSettings() {}

  /** All in one directory, on free ports of loopback; with one setting more. */
  static Settings in(Path directory, SettingKey key, String value) {
    Map<SettingKey, List<String>> options = new EnumMap<>(SettingKey.class);
    options.put(SettingKey.DATA_DIR, List.of(directory.resolve("data").toString()));
    options.put(SettingKey.POSTGRES_LISTEN, List.of("127.0.0.1:0"));
    options.put(SettingKey.HTTP_LISTEN, List.of("127.0.0.1:0"));
    // A machine that is busy with many engines, or with something else, is no failure.
    options.put(SettingKey.WAKE_TIMEOUT, List.of("3m"));
    options.put(key, List.of(value));
    return SettingsReader.read(Optional.empty(), Map.of("HOME", directory.toString()), options);
  }
}
