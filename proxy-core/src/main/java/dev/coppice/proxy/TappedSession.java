package dev.coppice.proxy;

import java.net.SocketAddress;

/**
 * Whose statements a tap is about to see.
 *
 * @param database as the engine knows it
 * @param processId of the engine's session, as {@code pg_backend_pid()} tells it
 */
public record TappedSession(
    String branch, String role, String database, SocketAddress client, int processId) {}
