/** What differs between the hosts of Postgres; docs/providers.md says how to write another one. */
@NullMarked
package dev.coppice.providers.profile;

import org.jspecify.annotations.NullMarked;
