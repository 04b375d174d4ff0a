package dev.coppice.proxy.session;

import dev.coppice.proxy.scram.ScramClient;
import dev.coppice.proxy.session.ProxyFuzzer.Reader;
import dev.coppice.proxy.wire.StartupBytes;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What is right to say to each reader: fuzzers start from it. */
public final class FuzzDialogues {

  private static final int V3_0 = 3 << 16;

  private FuzzDialogues() {}

  /** Writes a file for each into the directory that is named. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createDirectories(Path.of(arguments[0]));
    for (Reader reader : Reader.values()) {
      int number = 0;
      for (byte[] dialogue : of(reader)) {
        Files.write(
            directory.resolve("%s-%d".formatted(reader, number++)), reader.input(0, dialogue));
      }
    }
  }

  private static byte[] message(char type, String body) {
    return RawClient.message(type, body.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static byte[] all(byte[]... parts) {
    return StartupBytes.bytes(Unpooled.wrappedBuffer(parts));
  }

  /** What is right, for each reader. */
  static List<byte[]> of(Reader reader) {
    byte[] ready = message('Z', "I");
    return switch (reader) {
      case CLIENTS_LOGIN ->
          List.of(
              all(
                  StartupBytes.message(V3_0, "user", "app.pr-1", "database", "shop"),
                  HandshakeLab.saslInitial(new ScramClient("n,,", new byte[0]))),
              StartupBytes.request(5679),
              StartupBytes.cancel(1, new byte[4]));
      case ENGINES_SESSION -> {
        byte[] greeting =
            all(
                message('R', "\0\0\0\0"),
                message('S', "server_version\00015.19\0"),
                message('K', "\0\0\1\2abcd"),
                ready);
        byte[] failure = message('E', "SFATAL\0VFATAL\0C57P03\0Mstarting up\0\0");
        yield List.of(
            greeting,
            failure,
            message('E', "SFATAL\0VFATAL\0C3D000\0Mabsent\0\0"),
            message('R', "\0\0\0\5salt"),
            message('v', "\0\0\0\0\0\0\0\0"),
            all(greeting, message('C', "SELECT 1\0"), ready, failure),
            all(greeting, message('N', "SNOTICE\0C57P01\0\0"), message('A', "\0\0\0\1a\0b\0")));
      }
      case CLEANING ->
          List.of(
              all(message('S', "TimeZone\0UTC\0"), message('C', "DISCARD ALL\0"), ready),
              all(message('C', "DISCARD ALL\0"), message('Z', "T")),
              all(message('E', "SERROR\0C25001\0\0"), ready));
      case CHECK ->
          List.of(
              all(
                  message('1', ""),
                  ready,
                  message('2', ""),
                  message('D', "\0\2\0\0\0\4abcd\0\0\0\4wxyz"),
                  message('C', "SELECT 1\0"),
                  ready),
              all(
                  message('1', ""),
                  ready,
                  message('2', ""),
                  message('D', "\0\2\377\377\377\377\0\0\0\4wxyz")));
      case PASSING ->
          List.of(
              all(
                  RawClient.query("SELECT 1"),
                  message('P', "s\0SELECT $1\0\0\0"),
                  message('B', "p\0s\0\0\0\0\0\0\0"),
                  message('E', "p\0\0\0\0\0"),
                  message('C', "Sp\0"),
                  message('S', ""),
                  RawClient.terminate()),
              all(
                  message('C', "SELECT 1\0"),
                  message('E', "SFATAL\0VFATAL\0C57P01\0Mend\0\0"),
                  ready));
    };
  }
}
