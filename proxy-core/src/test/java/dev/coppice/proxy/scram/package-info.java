@NullMarked
package dev.coppice.proxy.scram;

import org.jspecify.annotations.NullMarked;
