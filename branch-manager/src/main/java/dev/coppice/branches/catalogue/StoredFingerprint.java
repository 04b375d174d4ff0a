package dev.coppice.branches.catalogue;

import dev.coppice.providers.SchemaFingerprint;
import java.time.Instant;

/**
 * What was defined on a source, as far as its base has it.
 *
 * @param since what was altered there later is noticed
 */
public record StoredFingerprint(Instant since, SchemaFingerprint definitions) {}
