package dev.coppice.server.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Settings as they were written, each with the place it came from; later places override. */
final class RawSettings {
  /**
   * @param origin where the value stands, for messages
   */
  record Value(List<String> texts, String origin) {}

  private final Map<SettingKey, Value> values = new EnumMap<>(SettingKey.class);
  private final List<String> problems;

  RawSettings(List<String> problems) {
    this.problems = problems;
  }

  Optional<Value> get(SettingKey key) {
    return Optional.ofNullable(values.get(key));
  }

  void addFlags(Map<SettingKey, List<String>> flags) {
    flags.forEach((key, texts) ->
        values.put(key, new Value(texts, "--" + key.path().replaceAll("[._]", "-"))));
  }

  void addEnvironment(Map<String, String> environment) {
    for (SettingKey key : SettingKey.values()) {
      String text = environment.get(key.variable());
      if (text != null && !text.isBlank()) {
        List<String> texts =
            key == SettingKey.POSTGRES_DIRECTORIES ? List.of(text.split(":")) : List.of(text);
        values.put(key, new Value(texts, key.variable()));
      }
    }
  }

  void addFile(Path file) {
    try {
      JsonNode root = new YAMLMapper().readTree(Files.readString(file));
      if (root.isObject()) {
        addObject(file, "", root);
      } else if (!root.isMissingNode() && !root.isNull()) {
        problems.add(file + ": expected \"key: value\" lines");
      }
    } catch (JsonProcessingException e) {
      problems.add("%s: not YAML: %s".formatted(file, e.getOriginalMessage()));
    } catch (NoSuchFileException e) {
      problems.add(file + ": there is no such file");
    } catch (IOException e) {
      problems.add("%s: cannot be read: %s".formatted(file, e));
    }
  }

  private void addObject(Path file, String prefix, JsonNode object) {
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String path = prefix + field.getKey();
      Optional<SettingKey> key = SettingKey.at(path);
      if (key.isPresent()) {
        addValue(file, key.get(), field.getValue());
      } else if (isSection(path) && field.getValue().isObject()) {
        addObject(file, path + ".", field.getValue());
      } else if (isSection(path)) {
        problems.add("%s: \"%s\" is a section, and needs keys below it".formatted(file, path));
      } else {
        problems.add(
            "%s: unknown key \"%s\"; did you mean \"%s\"?"
                .formatted(file, path, SettingKey.nearest(path).path()));
      }
    }
  }

  private static boolean isSection(String path) {
    return Stream.of(SettingKey.values()).anyMatch(key -> key.path().startsWith(path + "."));
  }

  private void addValue(Path file, SettingKey key, JsonNode value) {
    String origin = "%s: %s".formatted(file, key.path());
    if (value.isValueNode() && !value.isNull()) {
      values.put(key, new Value(List.of(value.asText()), origin));
    } else if (value.isArray() && key == SettingKey.POSTGRES_DIRECTORIES) {
      List<String> texts =
          StreamSupport.stream(value.spliterator(), false).map(JsonNode::asText).toList();
      values.put(key, new Value(texts, origin));
    } else {
      problems.add(origin + ": expected one value");
    }
  }
}
