@NullMarked
package dev.coppice.proxy.tls;

import org.jspecify.annotations.NullMarked;
