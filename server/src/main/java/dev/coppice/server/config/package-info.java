/** The settings of a server: file, environment and flags, checked together. */
@NullMarked
package dev.coppice.server.config;

import org.jspecify.annotations.NullMarked;
