/** {@code coppice demo}: a sample shop is pulled, branched, changed in one branch and compared. */
@NullMarked
package dev.coppice.server.demo;

import org.jspecify.annotations.NullMarked;
