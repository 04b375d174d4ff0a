package dev.coppice.server.cli;

import picocli.CommandLine.Command;

/** {@code coppice ca}. */
@Command(
    name = "ca",
    description = "Prints the certificate that clients must trust to verify this server's (PEM).")
final class CaCommand extends ClientCommand {

  @Override
  public Integer call() {
    printLine(api().get("/v1/certificate-authority").path("pem").asText().strip());
    return 0;
  }
}
