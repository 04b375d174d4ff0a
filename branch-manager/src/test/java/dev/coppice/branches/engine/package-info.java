@NullMarked
package dev.coppice.branches.engine;

import org.jspecify.annotations.NullMarked;
