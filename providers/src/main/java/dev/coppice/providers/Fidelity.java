package dev.coppice.providers;

import java.util.ArrayList;
import java.util.List;

/** Collects what could not be kept, from any thread. */
final class Fidelity {

  private final List<FidelityNote> notes = new ArrayList<>();

  synchronized void add(FidelityNote note) {
    notes.add(note);
  }

  void dropped(String kind, String object, String reason) {
    add(new FidelityNote(kind, object, "dropped", reason));
  }

  void changed(String kind, String object, String reason) {
    add(new FidelityNote(kind, object, "changed", reason));
  }

  synchronized List<FidelityNote> notes() {
    return List.copyOf(notes);
  }
}
