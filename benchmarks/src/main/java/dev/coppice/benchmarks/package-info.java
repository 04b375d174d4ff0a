@NullMarked
package dev.coppice.benchmarks;

import org.jspecify.annotations.NullMarked;
