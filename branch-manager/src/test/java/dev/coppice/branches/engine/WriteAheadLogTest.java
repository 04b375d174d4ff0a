package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.FileView;
import dev.coppice.storage.LogPart;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which part of a log a state needs. */
class WriteAheadLogTest {

  private static final int SEGMENT = 1 << 20;
  private static final int PAGE = 8192;
  private static final short MAGIC = (short) 0xD116;
  private static final String FIRST = "000000010000000000000003";
  private static final String SECOND = "000000010000000000000004";
  private static final String THIRD = "000000010000000000000005";

  /** Files by their paths; a directory is what has something in it. */
  private record View(Map<String, byte[]> contents) implements FileView {

    @Override
    public List<String> names(String directory) {
      String prefix = directory.isEmpty() ? "" : directory + "/";
      return contents.keySet().stream()
          .filter(path -> path.startsWith(prefix))
          .map(path -> path.substring(prefix.length()).replaceFirst("/.*", ""))
          .distinct()
          .toList();
    }

    @Override
    public boolean isDirectory(String path) {
      return contents.keySet().stream().anyMatch(file -> file.startsWith(path + "/"));
    }

    @Override
    public long size(String file) {
      return contents.getOrDefault(file, new byte[0]).length;
    }

    @Override
    public byte[] read(String file, long offset, int mostBytes) {
      byte[] all = contents.getOrDefault(file, new byte[0]);
      int from = (int) Math.min(offset, all.length);
      return Arrays.copyOfRange(all, from, Math.min(all.length, from + mostBytes));
    }
  }

  private static View state(long redo) {
    return new View(new HashMap<>(Map.of(ControlFile.NAME, control(redo))));
  }

  private static byte[] control(long redo) {
    byte[] control = new byte[100];
    ByteBuffer.wrap(control).order(ByteOrder.nativeOrder()).putLong(40, redo);
    return control;
  }

  /** A segment of which so many pages are written; what is behind them it held before. */
  private static byte[] segment(long number, int pages) {
    byte[] bytes = new byte[SEGMENT];
    ByteBuffer content = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    for (int page = 0; page < SEGMENT / PAGE; page++) {
      long before = page < pages ? 0 : 100L * SEGMENT;
      content.putShort(page * PAGE, MAGIC);
      content.putLong(page * PAGE + 8, number * SEGMENT + (long) page * PAGE - before);
    }
    content.putShort(2, (short) 2).putInt(32, SEGMENT).putInt(36, PAGE);
    return bytes;
  }

  private static Map<String, List<LogPart>> needed(View state, Map<String, byte[]> log) {
    return new WriteAheadLog()
        .needed(state, new View(log)).stream().collect(Collectors.groupingBy(LogPart::file));
  }

  @Test
  void startsAtTheRedoPointAndEndsWhereTheLogDoes() {
    Map<String, List<LogPart>> parts =
        needed(
            state(3 * SEGMENT + 50 * PAGE + 123),
            Map.of(FIRST, segment(3, SEGMENT / PAGE), SECOND, segment(4, 7)));

    assertThat(parts)
        .containsOnly(
            Map.entry(
                FIRST,
                List.of(
                    new LogPart(FIRST, 0, PAGE),
                    new LogPart(FIRST, 50 * PAGE, SEGMENT - 50 * PAGE))),
            Map.entry(
                SECOND, List.of(new LogPart(SECOND, 0, PAGE), new LogPart(SECOND, 0, 7 * PAGE))));
  }

  @Test
  void leavesOutWhatIsOldRecycledOrNotBegun() {
    Map<String, List<LogPart>> parts =
        needed(
            state(4 * SEGMENT),
            Map.of(
                FIRST,
                segment(3, SEGMENT / PAGE),
                SECOND,
                segment(4, 1),
                THIRD,
                segment(5, 0),
                "000000010000000000000006",
                new byte[SEGMENT]));

    assertThat(parts).containsOnlyKeys(SECOND);
  }

  @Test
  void takesAllThatIsWrittenWhereASlotMayNeedIt() {
    View state = state(4 * SEGMENT);
    state.contents().put("pg_replslot/decoding/state", new byte[1]);

    Map<String, List<LogPart>> parts =
        needed(
            state,
            Map.of(FIRST, segment(3, SEGMENT / PAGE), SECOND, segment(4, 2), THIRD, segment(5, 0)));

    assertThat(parts).containsOnlyKeys(FIRST, SECOND);
    assertThat(parts.get(FIRST)).contains(new LogPart(FIRST, 0, SEGMENT));
  }

  @Test
  void takesOtherFilesWhole() {
    Map<String, List<LogPart>> parts =
        needed(
            state(4 * SEGMENT),
            Map.of(
                "00000002.history",
                new byte[50],
                "archive_status/" + FIRST + ".done",
                new byte[3]));

    assertThat(parts.get("00000002.history"))
        .containsExactly(new LogPart("00000002.history", 0, 50));
    assertThat(parts).containsKey("archive_status/" + FIRST + ".done");
  }

  @Test
  void saysHowMuchIsToBeReplayed() {
    View log =
        new View(
            Map.of(FIRST, segment(3, SEGMENT / PAGE), SECOND, segment(4, 7), THIRD, segment(5, 0)));
    byte[] control = control(3 * SEGMENT + 50 * PAGE);

    assertThat(WriteAheadLog.bytesToReplay(control, log)).isEqualTo(SEGMENT - 50 * PAGE + 7 * PAGE);
    assertThat(WriteAheadLog.bytesToReplay(control(4 * SEGMENT + 7 * PAGE), log)).isZero();
    assertThat(WriteAheadLog.bytesToReplay(control, new View(Map.of()))).isZero();
  }
}
