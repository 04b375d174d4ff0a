/**
 * What must survive: sources, snapshots and branches, in a Postgres of its own that lives in the
 * store like any branch. Everything in the store that the catalogue does not name is a left-over.
 */
@NullMarked
package dev.coppice.branches.catalogue;

import org.jspecify.annotations.NullMarked;
