package dev.coppice.branches;

import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;

/** A source to pull. */
public record AddSource(BranchName name, SourceAddress address, PullOptions options) {}
