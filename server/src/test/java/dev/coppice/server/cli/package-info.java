@NullMarked
package dev.coppice.server.cli;

import org.jspecify.annotations.NullMarked;
