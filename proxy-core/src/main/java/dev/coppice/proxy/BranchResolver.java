package dev.coppice.proxy;

import java.util.concurrent.CompletionStage;

/**
 * The port through which the proxy learns of branches. Called on an event loop: implementations
 * return at once and complete later, with {@link RefusedException} where the client is to be
 * refused.
 */
public interface BranchResolver {

  /** Finds the branch that a client asked for; does not wake it. */
  CompletionStage<BranchTarget> resolve(BranchRequest request);
}
