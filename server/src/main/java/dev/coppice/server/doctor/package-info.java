/** {@code coppice doctor}: what this machine offers, what is missing, how to get it. */
@NullMarked
package dev.coppice.server.doctor;

import org.jspecify.annotations.NullMarked;
