/**
 * The native boundary: the few system calls that the JDK does not offer, or offers at too high a
 * price. Nothing outside this package makes a native call.
 */
@NullMarked
package dev.coppice.storage.posix;

import org.jspecify.annotations.NullMarked;
