package dev.coppice.proxy;

import java.util.concurrent.CompletionStage;

/** A branch that was found. */
public interface BranchTarget {

  /** The secret that the client must prove to know. */
  ScramVerifier verifier();

  /** The database for a client that names none. */
  String defaultDatabase();

  /**
   * Called once the client is authenticated: wakes the engine if need be and completes with the way
   * to it. The proxy closes the endpoint when the client's session has ended.
   */
  CompletionStage<EngineEndpoint> connect();
}
