package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Gives the base what was altered of the source's tables and is no part of their rows, by
 * statements on these alone. To be done where the base has at least what the source had when this
 * was read there: the rows are then such as the constraints allow.
 */
final class Redefinition {

  private static final int MOST_NAMED = 5;
  private static final String REFERENCE = "FOREIGN KEY ";

  private record Step(DefinitionChange change, PartDefinition part, Optional<String> wanted) {

    boolean refers() {
      return wanted.filter(text -> text.startsWith(REFERENCE)).isPresent();
    }
  }

  private static final Comparator<Step> ORDER =
      Comparator.comparing(Step::refers).thenComparing(Step::part);

  private final Map<DefinitionChange, String> obstacles = new LinkedHashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<DefinitionChange> done = new ArrayList<>();

  /**
   * @param source whose settings bound how long it waits for a table that is being altered
   * @param callingFunctions of triggers that call other services, of which the pull makes something
   *     harmless
   */
  static Redefinition read(
      Connection source, List<DefinitionChange> changes, Set<String> callingFunctions)
      throws SQLException {
    Redefinition redefinition = new Redefinition();
    for (DefinitionChange change : changes) {
      Optional<PartDefinition> part = PartDefinition.of(change.object());
      if (part.isPresent()) {
        Optional<String> wanted = part.get().read(source, change.object());
        if (wanted.filter(text -> calls(text, callingFunctions)).isPresent()) {
          redefinition.obstacles.put(change, "it calls another service");
        } else {
          redefinition.steps.add(new Step(change, part.get(), wanted));
        }
      }
    }
    return redefinition;
  }

  private static boolean calls(String trigger, Set<String> functions) {
    return functions.stream().anyMatch(name -> trigger.contains(" EXECUTE FUNCTION " + name + "("));
  }

  /** Empty if nothing is to be done. */
  String readable() {
    return steps.stream()
        .map(step -> step.change.object().readable())
        .limit(MOST_NAMED)
        .collect(Collectors.joining(", "));
  }

  /** In one transaction of the base; what it does not take stays as it is there. */
  void run(Connection base) throws SQLException {
    Query.run(base, "BEGIN");
    try {
      if (!attempt(base, steps)) {
        oneByOne(base);
      }
      Query.run(base, "COMMIT");
    } catch (SQLException e) {
      done.clear();
      Query.run(base, "ROLLBACK");
      throw e;
    }
  }

  /** For as long as one of them makes way for another. */
  private void oneByOne(Connection base) throws SQLException {
    List<Step> left = steps;
    int before;
    do {
      before = left.size();
      List<Step> refused = new ArrayList<>();
      for (Step step : left) {
        if (!attempt(base, List.of(step))) {
          refused.add(step);
        }
      }
      left = refused;
    } while (!left.isEmpty() && left.size() < before);
  }

  /** Returns whether all of them were made; if not, none was. */
  private boolean attempt(Connection base, List<Step> some) throws SQLException {
    Query.run(base, "SAVEPOINT step");
    try {
      make(base, some);
      for (Step step : some) {
        done.add(step.change);
        obstacles.remove(step.change);
      }
      return true;
    } catch (Refusal e) {
      if (e.passes()) {
        throw e;
      }
      Query.run(base, "ROLLBACK TO step");
      some.forEach(step -> obstacles.put(step.change, String.valueOf(e.getMessage())));
      return false;
    }
  }

  private static void make(Connection base, List<Step> some) throws SQLException {
    List<Step> other = new ArrayList<>();
    List<String> removals = new ArrayList<>();
    List<String> references = new ArrayList<>();
    for (Step step : some.stream().sorted(ORDER).toList()) {
      Optional<String> own = step.part.read(base, step.change.object());
      if (!own.equals(step.wanted)) {
        other.add(step);
        if (own.isPresent()) {
          (own.get().startsWith(REFERENCE) ? references : removals)
              .addAll(step.part.removal(step.change.object()));
        }
      }
    }
    references.addAll(removals.reversed());
    for (String statement : references) {
      Refusal.unlessDone(base, statement);
    }
    for (Step step : other) {
      if (step.wanted.isPresent()) {
        for (String statement : step.part.creation(step.change.object(), step.wanted.get())) {
          Refusal.unlessDone(base, statement);
        }
      }
    }
  }

  Redefined outcome(boolean copying) {
    return new Redefined(done, obstacles, copying);
  }
}
