package dev.coppice.server;

import dev.coppice.branches.BranchInfo;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * How clients reach branches.
 *
 * @param host a name or address, without brackets
 * @param sslMode what libpq calls it; {@code disable} on loopback, where nothing is to be hidden
 *     and drivers that verify every certificate would refuse a generated one
 */
public record ConnectionString(String host, int port, String sslMode) {

  /** The branch's URL, with a password or without. */
  public String of(BranchInfo branch, Optional<String> password) {
    return "postgres://%s%s@%s:%d/%s?sslmode=%s"
        .formatted(
            encoded(branch.role() + "." + branch.name()),
            password.map(text -> ":" + encoded(text)).orElse(""),
            host.contains(":") ? "[" + host + "]" : host,
            port,
            encoded(branch.database()),
            sslMode);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }
}
