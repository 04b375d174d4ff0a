package dev.coppice.providers;

import java.nio.file.Path;

/**
 * The engine that a pull fills. It is fastest if started, for the pull, with {@code
 * wal_level=minimal}, {@code max_wal_senders=0}, {@code fsync=off}, {@code full_page_writes=off},
 * {@code autovacuum=off}, a large {@code max_wal_size} and some hundred megabytes of {@code
 * shared_buffers}; it needs two connections for each of {@link PullOptions#connections} and five
 * more. Its own database {@code postgres} is replaced if the source's has that name.
 *
 * @param socketDirectory the directory of its unix socket
 * @param port the number in the socket's name
 * @param superuser its bootstrap superuser, who is trusted on that socket; a name that no source
 *     uses, since a source's role of the same name would become this superuser
 */
public record LocalEngine(Path socketDirectory, int port, String superuser) {}
