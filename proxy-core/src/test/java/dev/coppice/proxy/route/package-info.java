@NullMarked
package dev.coppice.proxy.route;

import org.jspecify.annotations.NullMarked;
