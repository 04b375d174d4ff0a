package dev.coppice.server.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.coppice.branches.Access;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.Durability;
import dev.coppice.providers.PullLimits;
import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Providers;
import dev.coppice.server.config.BytesText;
import dev.coppice.server.config.DurationText;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import dev.coppice.server.output.Json;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The bodies of requests, and how their fields are checked. */
final class RequestBody {
  private RequestBody() {}

  /** {@code POST /v1/sources}. */
  record AddSourceBody(
      @Nullable String name,
      @Nullable String url,
      @Nullable String provider,
      @Nullable Boolean stubTypes,
      @Nullable Boolean follow,
      @Nullable String publication,
      @Nullable Boolean ddl,
      @Nullable Integer jobs,
      @Nullable String rateLimit,
      @Nullable String maxSnapshotAge,
      @Nullable Boolean fromReplica) {}

  /** {@code POST /v1/branches}. */
  record CreateBranchBody(
      @Nullable String name,
      @Nullable String from,
      @Nullable String at,
      @Nullable String ttl,
      @Nullable String access,
      @Nullable String quota,
      @Nullable String durability,
      @Nullable Boolean fresh,
      @Nullable Boolean ifNotExists) {}

  /** {@code POST /v1/branches/NAME/reset}. */
  record ResetBody(@Nullable String to) {}

  /** {@code POST /v1/snapshots}. */
  record CreateSnapshotBody(@Nullable String of, @Nullable String name) {}

  static <T> T read(Context context, Class<T> type) {
    String body = context.body();
    try {
      T value = Json.MAPPER.readValue(body.isBlank() ? "{}" : body, type);
      if (value == null) {
        throw invalid("the request's body is null, not an object");
      }
      return value;
    } catch (UnrecognizedPropertyException e) {
      throw invalid(
          "unknown field \"%s\"; known are %s"
              .formatted(
                  e.getPropertyName(),
                  e.getKnownPropertyIds().stream()
                      .map(Object::toString)
                      .sorted()
                      .collect(Collectors.joining(", "))));
    } catch (JsonProcessingException e) {
      throw invalid("the request's body is not the JSON expected: " + e.getOriginalMessage());
    }
  }

  static String required(@Nullable String value, String field) {
    if (value == null || value.isBlank()) {
      throw invalid("the field \"%s\" is missing".formatted(field));
    }
    return value;
  }

  static Optional<String> optional(@Nullable String value) {
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  static Optional<Provider> optionalProvider(@Nullable String value) {
    return optional(value)
        .map(name ->
            Providers.named(name)
                .orElseThrow(() ->
                    invalid(
                        "unknown provider \"%s\"; known are %s"
                            .formatted(name, String.join(", ", Providers.names())))));
  }

  static Optional<BranchName> optionalName(@Nullable String value) {
    return optional(value).map(BranchName::new);
  }

  static Optional<Duration> ttl(@Nullable String value) {
    return optional(value).map(text -> duration("ttl", text));
  }

  private static Duration duration(String what, String text) {
    return DurationText.parse(text)
        .orElseThrow(() ->
            invalid(
                "the %s \"%s\" is not a duration".formatted(what, text),
                "Write it as 90s, 30m, 2h or 7d."));
  }

  static OptionalInt jobs(@Nullable Integer value) {
    if (value == null) {
      return OptionalInt.empty();
    }
    if (value < 1 || value > PullLimits.MOST_CONNECTIONS) {
      throw invalid(
          "%d jobs are none of 1 to %d".formatted(value, PullLimits.MOST_CONNECTIONS),
          "Each is a connection to the source while rows are copied.");
    }
    return OptionalInt.of(value);
  }

  /** {@code never} is empty. */
  static Optional<Duration> snapshotAge(@Nullable String value, Optional<Duration> standard) {
    Optional<String> text = optional(value);
    if (text.isEmpty()) {
      return standard;
    }
    return text.get().equals("never")
        ? Optional.empty()
        : Optional.of(duration("age of a snapshot", text.get()));
  }

  static OptionalLong quota(@Nullable String value) {
    return size("quota", value);
  }

  static OptionalLong size(String what, @Nullable String value) {
    Optional<String> text = optional(value);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    OptionalLong bytes = BytesText.parse(text.get());
    if (bytes.isEmpty()) {
      throw invalid(
          "the %s \"%s\" is not a size".formatted(what, text.get()),
          "Write it as 500MB, 10GB or 1TiB.");
    }
    return bytes;
  }

  static Access access(@Nullable String value) {
    return optional(value).map(RequestBody::accessNamed).orElse(Access.OWNER);
  }

  private static Access accessNamed(String text) {
    return Arrays.stream(Access.values())
        .filter(access -> access.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            invalid(
                "there is no access \"%s\"".formatted(text),
                "Choose one of reader, writer, owner and superuser."));
  }

  static Durability durability(@Nullable String value) {
    return optional(value).map(RequestBody::durabilityNamed).orElse(Durability.FULL);
  }

  private static Durability durabilityNamed(String text) {
    return Arrays.stream(Durability.values())
        .filter(durability -> durability.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            invalid("there is no durability \"%s\"".formatted(text), "Choose full or relaxed."));
  }

  static ServerException invalid(String message) {
    return invalid(message, "docs/rest.md describes every request.");
  }

  private static ServerException invalid(String message, String hint) {
    return new ServerException(ServerFailure.REQUEST_INVALID, message, hint);
  }
}
