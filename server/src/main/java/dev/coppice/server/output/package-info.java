/** How results look on a terminal, in JSON and in YAML. */
@NullMarked
package dev.coppice.server.output;

import org.jspecify.annotations.NullMarked;
