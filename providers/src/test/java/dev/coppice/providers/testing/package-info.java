/** Throw-away servers and sample databases, for the tests of every module. */
@NullMarked
package dev.coppice.providers.testing;

import org.jspecify.annotations.NullMarked;
