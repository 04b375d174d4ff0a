/**
 * The messages of Postgres's logical decoding plug-in {@code pgoutput}, protocol versions 1 and 2
 * ("Logical Replication Message Formats" in the documentation of Postgres). Values are in their
 * text form.
 */
@NullMarked
package dev.coppice.providers.pgoutput;

import org.jspecify.annotations.NullMarked;
