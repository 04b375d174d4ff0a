package dev.coppice.providers;

import java.nio.file.Path;

/**
 * The engine that a pull fills.
 *
 * @param socketDirectory the directory of its unix socket
 * @param port the number in the socket's name
 * @param superuser its bootstrap superuser, who is trusted on that socket
 */
public record LocalEngine(Path socketDirectory, int port, String superuser) {}
