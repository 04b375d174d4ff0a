package dev.coppice.proxy.session;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.coppice.proxy.session.ProxyFuzzer.Reader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * What {@link ProxyFuzzer} reads, changed at random: the short form of {@code proxy-core/fuzz}.
 * {@code -Dcoppice.fuzz.rounds=1000000} for long, {@code -Dcoppice.seed=…} to repeat.
 */
@ExtendWith(LeakGuard.class)
class ProxyFuzzerTest {

  private static final int ROUNDS = Integer.getInteger("coppice.fuzz.rounds", 1_500);
  private static final long SEED = Long.getLong("coppice.seed", System.nanoTime());

  private static final int[] LENGTHS = {
    Integer.MIN_VALUE, -1, 0, 1, 3, 4, 5, 8, 255, 256, 1024, 65_535, 1 << 20, Integer.MAX_VALUE
  };

  private static Level before = Level.INFO;

  /** What garbage of an engine is told in the log, thousands of times. */
  @BeforeAll
  static void hush() {
    before = logger().getEffectiveLevel();
    logger().setLevel(Level.OFF);
  }

  @AfterAll
  static void unhush() {
    logger().setLevel(before);
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("dev.coppice.proxy.session");
  }

  private static byte[] changed(byte[] bytes, Random random) {
    byte[] changed =
        random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes.clone();
    for (int changes = random.nextInt(4); changes > 0 && changed.length > 4; changes--) {
      if (random.nextBoolean()) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      } else {
        ByteBuffer.wrap(changed)
            .putInt(random.nextInt(changed.length - 3), LENGTHS[random.nextInt(LENGTHS.length)]);
      }
    }
    return changed;
  }

  private static void survives(byte[] input) {
    try {
      ProxyFuzzer.fuzzerTestOneInput(input);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "-Dcoppice.seed=%d, input %s".formatted(SEED, HexFormat.of().formatHex(input)), e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyDialogueInPartsOfEveryLength(Reader reader) {
    for (byte[] dialogue : FuzzDialogues.of(reader)) {
      for (int partBytes = 0; partBytes < Math.min(256, dialogue.length); partBytes++) {
        survives(reader.input(partBytes, dialogue));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyTruncation(Reader reader) {
    for (byte[] dialogue : FuzzDialogues.of(reader)) {
      for (int length = 0; length < dialogue.length; length++) {
        survives(reader.input(0, Arrays.copyOf(dialogue, length)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void changedDialogues(Reader reader) {
    Random random = new Random(SEED);
    List<byte[]> dialogues = FuzzDialogues.of(reader);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] dialogue = dialogues.get(random.nextInt(dialogues.size()));
      survives(reader.input(random.nextInt(256), changed(dialogue, random)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void randomBytes(Reader reader) {
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      survives(reader.input(random.nextInt(256), bytes));
    }
  }
}
