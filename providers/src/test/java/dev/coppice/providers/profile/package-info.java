@NullMarked
package dev.coppice.providers.profile;

import org.jspecify.annotations.NullMarked;
