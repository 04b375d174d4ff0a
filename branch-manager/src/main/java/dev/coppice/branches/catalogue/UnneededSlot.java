package dev.coppice.branches.catalogue;

import dev.coppice.providers.SourceAddress;

/** A replication slot that is to be dropped on its source. */
public record UnneededSlot(String slot, SourceAddress address) {}
