package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coppice.server.config.Settings;
import dev.coppice.server.doctor.Doctor;
import dev.coppice.server.doctor.Finding;
import dev.coppice.server.failure.FailureCode.Exit;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code coppice doctor}. */
@Command(
    name = "doctor",
    description = "Says what this machine offers, what is missing and how to get it.")
final class DoctorCommand extends OutputCommand {
  @Mixin private SettingOptions options = new SettingOptions();

  @Override
  public Integer call() {
    Settings settings = options.read();
    List<Finding> findings = new Doctor(settings, System.getenv()).examine();
    ArrayNode result = JsonNodeFactory.instance.arrayNode();
    for (Finding finding : findings) {
      result
          .addObject()
          .put("outcome", finding.outcome().name().toLowerCase(Locale.ROOT))
          .put("what", finding.what())
          .put("detail", finding.detail())
          .put("remedy", finding.remedy());
    }
    print(result, ignored -> text(findings));
    return findings.stream().anyMatch(finding -> finding.outcome() == Finding.Outcome.FAILED)
        ? Exit.FAILED.code()
        : 0;
  }

  private static String text(List<Finding> findings) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      String mark =
          switch (finding.outcome()) {
            case PASSED -> "✓";
            case WARNING -> "!";
            case FAILED -> "✗";
          };
      text.append("%s %-20s %s%n".formatted(mark, finding.what(), finding.detail()));
      if (!finding.remedy().isEmpty()) {
        text.append("  %-20s → %s%n".formatted("", finding.remedy()));
      }
    }
    return text.toString();
  }
}
