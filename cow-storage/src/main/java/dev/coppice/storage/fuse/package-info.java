/**
 * The mount: the kernel's FUSE protocol, spoken directly on /dev/fuse. Structures and numbers are
 * those of the kernel's include/uapi/linux/fuse.h.
 */
@NullMarked
package dev.coppice.storage.fuse;

import org.jspecify.annotations.NullMarked;
