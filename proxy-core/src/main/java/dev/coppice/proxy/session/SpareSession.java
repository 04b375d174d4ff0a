package dev.coppice.proxy.session;

import io.netty.channel.Channel;

/**
 * An engine's session that has no client, and nothing in it of the last one.
 *
 * @param fingerprint as of {@link SessionCheck}, since before it began
 */
record SpareSession(SessionKey key, Channel channel, SessionStart start, String fingerprint) {}
