@NullMarked
package dev.coppice.providers;

import org.jspecify.annotations.NullMarked;
