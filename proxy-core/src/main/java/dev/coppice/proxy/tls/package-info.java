/** The certificate that the proxy shows. */
@NullMarked
package dev.coppice.proxy.tls;

import org.jspecify.annotations.NullMarked;
