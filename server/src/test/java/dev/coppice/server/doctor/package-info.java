@NullMarked
package dev.coppice.server.doctor;

import org.jspecify.annotations.NullMarked;
