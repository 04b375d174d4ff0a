@NullMarked
package dev.coppice.server.config;

import org.jspecify.annotations.NullMarked;
