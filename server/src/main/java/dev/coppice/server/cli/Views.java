package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.server.output.Figures;
import dev.coppice.server.output.TextTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Results as text. */
final class Views {
  private static final int MOST_DEFINITIONS = 20;

  private Views() {}

  static String branches(JsonNode branches) {
    TextTable table =
        new TextTable("NAME", "FROM", "STATE", "ACCESS", "OWN>", "CREATED", "EXPIRES");
    for (JsonNode branch : branches) {
      table.row(
          text(branch, "name"),
          branch.path("lineage").path(0).asText(),
          text(branch, "state"),
          text(branch, "access"),
          Figures.bytes(branch.path("own_bytes").asLong()),
          ago(branch.path("created_at")),
          until(branch.path("expires_at")));
    }
    return table.toString();
  }

  static String branch(JsonNode branch) {
    List<String> lineage = new ArrayList<>();
    branch.path("lineage").forEach(ancestor -> lineage.add(ancestor.asText()));
    return facts(
        "name", text(branch, "name"),
        "lineage", String.join(" ← ", lineage),
        "snapshot", text(branch, "snapshot"),
        "state", text(branch, "state"),
        "access", text(branch, "access"),
        "durability", text(branch, "durability"),
        "engine", "PostgreSQL " + text(branch, "engine_major"),
        "own", own(branch),
        "created", ago(branch.path("created_at")),
        "expires", until(branch.path("expires_at")),
        "url", text(branch, "url"));
  }

  static String sources(JsonNode sources) {
    TextTable table =
        new TextTable("NAME", "STATE", "PROVIDER", "VERSION", "TABLES>", "ROWS>", "OWN>", "PULLED");
    for (JsonNode source : sources) {
      table.row(
          text(source, "name"),
          text(source, "state"),
          text(source, "provider"),
          text(source, "version"),
          Figures.count(source.path("tables").asLong()),
          Figures.count(source.path("rows").asLong()),
          Figures.bytes(source.path("own_bytes").asLong()),
          ago(source.path("pulled_at")));
    }
    return table.toString();
  }

  static String source(JsonNode source) {
    StringBuilder text =
        new StringBuilder(
            facts(
                "name", text(source, "name"),
                "address", text(source, "address"),
                "state", text(source, "state") + detail(source),
                "provider", text(source, "provider"),
                "version", text(source, "version"),
                "engine", "PostgreSQL " + text(source, "engine_major"),
                "database", text(source, "database") + ", owned by " + text(source, "owner"),
                "tables", Figures.count(source.path("tables").asLong()),
                "rows", Figures.count(source.path("rows").asLong()),
                "size there", Figures.bytes(source.path("source_bytes").asLong()),
                "size here", Figures.bytes(source.path("own_bytes").asLong()),
                "snapshot", text(source, "snapshot"),
                "pulled", ago(source.path("pulled_at")),
                "follows", follow(source.path("follow"))));
    text.append(warning(source.path("follow")));
    text.append(settings(source.path("settings")));
    text.append(definitions(source));
    return text.append(fidelity(source.path("fidelity"))).toString();
  }

  private static String follow(JsonNode follow) {
    if (!follow.isObject()) {
      return "no";
    }
    String text = text(follow, "state") + detail(follow);
    return follow.path("lag_seconds").isNumber()
        ? "%s, %.1f s and %s behind"
            .formatted(
                text,
                follow.path("lag_seconds").asDouble(),
                Figures.bytes(follow.path("lag_bytes").asLong()))
        : text;
  }

  private static String warning(JsonNode follow) {
    String warning = text(follow, "warning");
    return warning.isEmpty() ? "" : "\nwarning: " + warning + "\n";
  }

  private static String settings(JsonNode settings) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, JsonNode> setting : settings.properties()) {
      text.append("  %s = %s%n".formatted(setting.getKey(), setting.getValue().asText()));
    }
    return text.isEmpty() ? "" : "\nsettings carried over\n" + text;
  }

  private static String definitions(JsonNode source) {
    JsonNode watched = source.path("follow").path("watched");
    int differing = watched.path("differing").asInt();
    StringBuilder text = new StringBuilder();
    if (!text(watched, "problem").isEmpty()) {
      text.append("\ndefinitions: not compared: %s\n".formatted(text(watched, "problem")));
    }
    if (differing == 0) {
      return text.toString();
    }
    text.append(
        "\ndefinitions: what was altered on the source since %s\n"
            .formatted(text(watched, "since")));
    int shown = 0;
    for (JsonNode object : watched.path("objects")) {
      if (shown == MOST_DEFINITIONS) {
        break;
      }
      String obstacle = text(object, "obstacle");
      text.append("  %s %s".formatted(change(text(object, "change")), text(object, "object")))
          .append(obstacle.isEmpty() ? "\n" : " (%s)\n".formatted(obstacle));
      shown++;
    }
    if (differing > shown) {
      text.append("  and %s more\n".formatted(Figures.count(differing - shown)));
    }
    return text.append(
            "  The rows are followed; these come with a new base: coppice source renew %s\n"
                .formatted(text(source, "name")))
        .toString();
  }

  private static String change(String change) {
    return switch (change) {
      case "new" -> "+";
      case "gone" -> "-";
      default -> "*";
    };
  }

  private static String fidelity(JsonNode notes) {
    if (notes.isEmpty()) {
      return "\nfidelity: everything was kept\n";
    }
    TextTable table = new TextTable("KIND", "OBJECT", "ACTION", "REASON");
    notes.forEach(note ->
        table.row(
            text(note, "kind"), text(note, "object"), text(note, "action"), text(note, "reason")));
    return "\nfidelity: what differs from the source\n" + table;
  }

  static String snapshots(JsonNode snapshots) {
    TextTable table = new TextTable("NAME", "OF", "TAKEN", "STANDS FOR", "BRANCHES>");
    for (JsonNode snapshot : snapshots) {
      table.row(
          text(snapshot, "name"),
          text(snapshot, "of"),
          text(snapshot, "taken_at"),
          text(snapshot, "source_time"),
          Figures.count(snapshot.path("branches").asLong()));
    }
    return table.toString();
  }

  private static String own(JsonNode branch) {
    String own = Figures.bytes(branch.path("own_bytes").asLong());
    JsonNode quota = branch.path("quota_bytes");
    return quota.isNumber() ? own + " of " + Figures.bytes(quota.asLong()) : own;
  }

  private static String detail(JsonNode source) {
    String detail = text(source, "detail");
    return detail.isEmpty() ? "" : " (" + detail + ")";
  }

  private static String facts(String... namesAndValues) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      text.append("%-10s  %s".formatted(namesAndValues[i], namesAndValues[i + 1]).stripTrailing())
          .append('\n');
    }
    return text.toString();
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isNull() ? "" : value.asText();
  }

  private static String ago(JsonNode time) {
    return time.isTextual()
        ? Figures.rough(positive(Duration.between(Instant.parse(time.asText()), Instant.now())))
            + " ago"
        : "";
  }

  private static String until(JsonNode time) {
    return time.isTextual()
        ? "in "
            + Figures.rough(positive(Duration.between(Instant.now(), Instant.parse(time.asText()))))
        : "never";
  }

  private static Duration positive(Duration duration) {
    return duration.isNegative() ? Duration.ZERO : duration;
  }
}
