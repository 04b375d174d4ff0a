/**
 * {@code coppice bench}: finds benchmarks through {@link java.util.ServiceLoader}, runs one and
 * prints its figures beside what they are compared with.
 */
@NullMarked
package dev.coppice.server.bench;

import org.jspecify.annotations.NullMarked;
