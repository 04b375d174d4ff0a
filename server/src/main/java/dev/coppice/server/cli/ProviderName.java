package dev.coppice.server.cli;

import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Providers;
import java.util.Iterator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What {@code --provider} takes. */
final class ProviderName implements ITypeConverter<Provider> {

  @Override
  public Provider convert(String name) {
    return Providers.named(name)
        .orElseThrow(() ->
            new TypeConversionException(
                "\"%s\" is none of %s".formatted(name, String.join(", ", Providers.names()))));
  }

  /** For help and completion. */
  static final class Candidates implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Providers.names().iterator();
    }
  }
}
