/** Which branch, role and database a client means. */
@NullMarked
package dev.coppice.proxy.route;

import org.jspecify.annotations.NullMarked;
