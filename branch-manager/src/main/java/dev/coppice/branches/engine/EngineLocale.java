package dev.coppice.branches.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How an engine sorts and classifies characters.
 *
 * @param encoding {@code UTF8} for example
 * @param provider {@code libc}, {@code icu} or {@code builtin}
 * @param collate {@code LC_COLLATE}
 * @param ctype {@code LC_CTYPE}
 * @param locale the provider's own locale; absent for libc
 */
public record EngineLocale(
    String encoding, String provider, String collate, String ctype, Optional<String> locale) {

  public static final EngineLocale C_UTF8 =
      new EngineLocale("UTF8", "libc", "C.UTF-8", "C.UTF-8", Optional.empty());

  /**
   * What to try when this machine lacks the locale, the nearest first: the same language by ICU
   * (linguistic order, which plans as the original does), then the encoding's own order, then
   * bytes.
   */
  List<EngineLocale> fallbacks() {
    List<EngineLocale> fallbacks = new ArrayList<>();
    boolean unicode = encoding.equals("UTF8");
    if (unicode && provider.equals("libc") && collate.matches("[a-z]{2,3}_[A-Z]{2}(\\..*)?")) {
      String language = collate.replaceFirst("\\..*", "").replace('_', '-');
      fallbacks.add(new EngineLocale(encoding, "icu", "C.UTF-8", "C.UTF-8", Optional.of(language)));
    }
    if (unicode) {
      if (!provider.equals("libc")) {
        fallbacks.add(new EngineLocale(encoding, provider, "C.UTF-8", "C.UTF-8", locale));
      }
      fallbacks.add(new EngineLocale(encoding, "libc", "C.UTF-8", "C.UTF-8", Optional.empty()));
    }
    fallbacks.add(new EngineLocale(encoding, "libc", "C", "C", Optional.empty()));
    return fallbacks;
  }

  List<String> initdbOptions(int major) {
    List<String> options = new ArrayList<>();
    options.add("--encoding=" + encoding);
    options.add("--lc-collate=" + collate);
    options.add("--lc-ctype=" + ctype);
    if (!provider.equals("libc")) {
      options.add("--locale-provider=" + provider);
      locale.ifPresent(name ->
          options.add((provider.equals("icu") ? "--icu-locale=" : "--builtin-locale=") + name));
    } else if (major >= 15) {
      options.add("--locale-provider=libc");
    }
    return options;
  }

  /** For a message: {@code en_US.UTF-8} or {@code ICU en-US}. */
  public String description() {
    return locale
        .map(name -> provider.equals("icu") ? "ICU " + name : provider + " " + name)
        .orElse(collate);
  }
}
