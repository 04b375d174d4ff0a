@NullMarked
package dev.coppice.storage.branch;

import org.jspecify.annotations.NullMarked;
