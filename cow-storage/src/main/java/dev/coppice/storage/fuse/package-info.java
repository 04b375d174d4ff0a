/**
 * The mount: the kernel's FUSE protocol, spoken directly on /dev/fuse. Structures and numbers are
 * those of the kernel's include/uapi/linux/fuse.h.
 *
 * <p>Memory is bounded: each worker has one buffer for requests and one for answers, of a little
 * over 1 MiB, and a page; there are two to four workers for each mount, and four threads for syncs.
 * A worker takes one request at a time, so whatever the kernel is asked for meanwhile waits in the
 * kernel: it queues at most 64 requests that nobody waits for (read-ahead, writing back), makes
 * writers wait from 48 on, and makes every other caller wait for its own request.
 *
 * <p>A mount ends in order: the kernel is told to unmount, which makes it write back; the workers
 * answer until there is nothing to read any more; then the devices are closed. A mount whose server
 * was killed answers ENOTCONN; the next server finds it in the mount table and detaches it.
 */
@NullMarked
package dev.coppice.storage.fuse;

import org.jspecify.annotations.NullMarked;
