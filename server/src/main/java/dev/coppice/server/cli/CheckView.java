package dev.coppice.server.cli;

import dev.coppice.providers.CheckItem;
import dev.coppice.providers.SourceCheck;
import dev.coppice.providers.SourceFacts;
import dev.coppice.server.output.Figures;

/** A preflight as text. */
final class CheckView {
  private CheckView() {}

  static String text(SourceCheck check) {
    SourceFacts facts = check.facts();
    StringBuilder text =
        new StringBuilder(
            "%s, PostgreSQL %s, database \"%s\" owned by \"%s\", %s%n%n"
                .formatted(
                    facts.provider(),
                    facts.version(),
                    facts.database(),
                    facts.owner(),
                    Figures.bytes(facts.databaseBytes())));
    check.items().forEach(item -> text.append(line(item)));
    text.append(
        check.passed()
            ? check.followable()
                ? "\nIt can be pulled and followed.\n"
                : "\nIt can be pulled, but not followed.\n"
            : "\nIt cannot be pulled yet; what is marked ✗ has to be put right.\n");
    return text.toString();
  }

  private static String line(CheckItem item) {
    String mark =
        switch (item.outcome()) {
          case PASSED -> "✓";
          case WARNING -> "!";
          case FAILED -> "✗";
        };
    String detail = item.detail().isBlank() ? "" : ": " + item.detail();
    String remedy =
        item.remedy().isBlank() ? "" : item.remedy().strip().indent(4).stripTrailing() + "\n";
    return "%s %s%s%n%s".formatted(mark, item.what(), detail, remedy);
  }
}
