package dev.coppice.proxy;

import java.util.concurrent.CompletionStage;

/**
 * The port through which the proxy learns of branches. Called on an event loop: implementations
 * return at once and complete later, with {@link RefusedException} where the client is to be
 * refused.
 */
public interface BranchResolver {

  /**
   * Finds the branch that a client asked for; does not wake it. Nobody has shown a password yet: a
   * refusal of SQLSTATE class 28 (this role may not log in) is therefore told only after one was
   * asked for, and looks like a wrong password. Other refusals are told at once.
   */
  CompletionStage<BranchTarget> resolve(BranchRequest request);
}
