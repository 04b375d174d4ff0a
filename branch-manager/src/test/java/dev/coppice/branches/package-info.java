@NullMarked
package dev.coppice.branches;

import org.jspecify.annotations.NullMarked;
