/**
 * The command line. Results go to stdout, everything else to stderr; docs/cli.md is its contract.
 */
@NullMarked
package dev.coppice.server.cli;

import org.jspecify.annotations.NullMarked;
