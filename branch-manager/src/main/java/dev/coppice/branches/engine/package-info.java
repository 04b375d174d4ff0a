/**
 * Postgres processes: where their binaries come from, as whom and how confined they run, when they
 * are ready, and how they end. Knows nothing of branches.
 */
@NullMarked
package dev.coppice.branches.engine;

import org.jspecify.annotations.NullMarked;
