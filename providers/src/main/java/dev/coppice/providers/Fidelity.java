package dev.coppice.providers;

import java.util.ArrayList;
import java.util.List;

/** Collects what could not be kept, from any thread. */
final class Fidelity {

  private final List<FidelityNote> notes = new ArrayList<>();

  synchronized void dropped(String kind, String object, String reason) {
    notes.add(new FidelityNote(kind, object, "dropped", reason));
  }

  synchronized void changed(String kind, String object, String reason) {
    notes.add(new FidelityNote(kind, object, "changed", reason));
  }

  synchronized void replaced(String kind, String object, String reason) {
    notes.add(new FidelityNote(kind, object, "replaced", reason));
  }

  synchronized List<FidelityNote> notes() {
    return List.copyOf(notes);
  }
}
