package dev.coppice.branches;

import java.util.Optional;

/**
 * Why the engine of a branch is stopped, and its sessions with it.
 *
 * @param snapshot what a reset goes back to, where it was named
 */
public record EngineEnd(BranchName branch, Operation operation, Optional<String> snapshot) {

  /** What is done to the branch. */
  public enum Operation {
    RESET,
    DELETE,
    EXPIRE,
    SUSPEND,
    SHUT_DOWN
  }

  EngineEnd(BranchName branch, Operation operation) {
    this(branch, operation, Optional.empty());
  }
}
