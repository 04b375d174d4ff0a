@NullMarked
package dev.coppice.proxy.session;

import org.jspecify.annotations.NullMarked;
