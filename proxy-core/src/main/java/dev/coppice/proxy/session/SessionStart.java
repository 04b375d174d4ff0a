package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.CancelKey;

/**
 * How an engine began a session.
 *
 * @param cancelKey the engine's own, which no client gets to see
 * @param greeting its ParameterStatus messages; not copied
 * @param nanos when, as of {@link System#nanoTime()}
 */
@SuppressWarnings("ArrayRecordComponent")
record SessionStart(CancelKey cancelKey, byte[] greeting, long nanos) {}
