@NullMarked
package dev.coppice.branches.catalogue;

import org.jspecify.annotations.NullMarked;
