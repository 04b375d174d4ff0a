package dev.coppice.proxy;

import java.net.SocketAddress;

/**
 * Who wants to go where, with the branch already taken out of whatever carried it.
 *
 * @param branch the branch's name as the client wrote it
 * @param role the role, the branch's name removed
 */
public record BranchRequest(String branch, String role, SocketAddress client) {}
