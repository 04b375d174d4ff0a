package dev.coppice.branches;

import dev.coppice.branches.catalogue.Credentials;
import java.security.SecureRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** Makes branches' passwords, a few ahead of need since a verifier takes milliseconds. */
final class Passwords {

  private static final String ALPHABET =
      "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  private static final int LENGTH = 24;
  private static final int AHEAD = 16;

  private final PasswordVerifier verifier;
  private final SecureRandom random;
  private final Executor workers;
  private final ConcurrentLinkedQueue<Credentials> ready = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean filling = new AtomicBoolean();

  Passwords(PasswordVerifier verifier, SecureRandom random, Executor workers) {
    this.verifier = verifier;
    this.random = random;
    this.workers = workers;
  }

  Credentials next() {
    Credentials prepared = ready.poll();
    if (ready.size() < AHEAD / 2 && filling.compareAndSet(false, true)) {
      workers.execute(this::fill);
    }
    return prepared == null ? make() : prepared;
  }

  private void fill() {
    try {
      while (ready.size() < AHEAD) {
        ready.add(make());
      }
    } finally {
      filling.set(false);
    }
  }

  private Credentials make() {
    StringBuilder password = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      password.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return new Credentials(password.toString(), verifier.of(password.toString()));
  }
}
