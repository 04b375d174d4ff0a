package dev.coppice.branches;

/**
 * What a client must know to log in to a branch.
 *
 * @param verifier the SCRAM verifier of the branch's password
 */
public record BranchLogin(BranchName branch, String verifier, String defaultDatabase) {}
