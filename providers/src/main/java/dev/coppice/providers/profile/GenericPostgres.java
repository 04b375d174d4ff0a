package dev.coppice.providers.profile;

/** A server of one's own, or of a host that nothing is known about. */
final class GenericPostgres implements Provider {

  @Override
  public String name() {
    return "postgres";
  }

  @Override
  public String title() {
    return "PostgreSQL";
  }
}
