package dev.coppice.branches.catalogue;

import dev.coppice.providers.SourceAddress;

/**
 * A replication slot that is to be dropped on its source.
 *
 * @param provider whose server that is; empty if it is to be found out
 */
public record UnneededSlot(String slot, SourceAddress address, String provider) {}
