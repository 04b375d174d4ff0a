package dev.coppice.providers;

import java.util.List;
import java.util.Optional;

/**
 * Finds the text of each recorded statement. A client may send several as one; they are told in
 * their order, each with all of the text.
 */
final class DdlTexts {

  private String startedAt = "";
  private String query = "";
  private List<DdlText> statements = List.of();
  private int next;

  /** Empty if it cannot be told. Every statement's end has to be asked for, and in its place. */
  Optional<DdlText> find(RecordedDdl recorded) {
    if (!recorded.direct()) {
      return recorded
          .nested()
          .map(DdlText::split)
          .filter(split -> split.size() == 1)
          .map(List::getFirst)
          .filter(text -> text.is(recorded.tag()));
    }
    boolean begins = !recorded.startedAt().equals(startedAt) || !recorded.query().equals(query);
    if (begins) {
      startedAt = recorded.startedAt();
      query = recorded.query();
      statements = DdlText.split(query);
      next = 0;
      if (ambiguous(recorded.tag())) {
        return Optional.empty();
      }
    }
    for (int i = next; i < statements.size(); i++) {
      if (statements.get(i).is(recorded.tag())) {
        // A drop or a start is told before its end.
        next = recorded.ended() ? i + 1 : i;
        return Optional.of(statements.get(i));
      }
    }
    return Optional.empty();
  }

  /** What lies before a commit may have been told to an earlier follower. */
  private boolean ambiguous(String tag) {
    boolean commits =
        statements.stream()
            .anyMatch(text -> text.is("COMMIT") || text.is("END") || text.is("ROLLBACK"));
    return commits && statements.stream().filter(text -> text.is(tag)).count() > 1;
  }
}
