package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RateLimitTest {

  private static final long SEED = 20_261_123;
  private static final double SECOND_NANOS = 1e9;

  private long now = Long.MAX_VALUE - 5;

  private RateLimit limit(long bytesPerSecond) {
    return new RateLimit(OptionalLong.of(bytesPerSecond), () -> now, nanos -> now += nanos);
  }

  @Test
  void bytesTakeAsLongAsTheRateSays() throws InterruptedException {
    Random random = new Random(SEED);
    RateLimit limit = limit(1_000_000);
    long began = now;
    long bytes = 0;
    for (int i = 0; i < 1_000; i++) {
      int piece = random.nextInt(200_000);
      bytes += piece;
      limit.pass(piece);
    }
    assertThat((now - began) / SECOND_NANOS)
        .as("seed %d", SEED)
        .isCloseTo(bytes / 1e6, within(0.001));
  }

  @Test
  void quietIsNotSavedUp() throws InterruptedException {
    RateLimit limit = limit(1_000);
    now += 60 * (long) SECOND_NANOS;
    long began = now;
    limit.pass(2_000);
    assertThat(now - began).isEqualTo(2 * (long) SECOND_NANOS);
  }

  @Test
  void aRowOfTheLargestSizeAtTheLowestRateDoesNotOverflow() throws InterruptedException {
    RateLimit limit = limit(1);
    long began = now;
    limit.pass(1 << 30);
    assertThat((now - began) / SECOND_NANOS).isEqualTo(1 << 30);
  }

  @Test
  void withoutALimitNobodyWaits() throws InterruptedException {
    RateLimit limit =
        new RateLimit(
            OptionalLong.empty(),
            () -> now,
            nanos -> {
              throw new AssertionError("waits " + nanos);
            });
    limit.pass(Long.MAX_VALUE);
  }
}
