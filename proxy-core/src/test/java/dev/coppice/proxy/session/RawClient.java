package dev.coppice.proxy.session;

import dev.coppice.proxy.scram.ScramClient;
import dev.coppice.proxy.tls.TlsIdentity;
import dev.coppice.proxy.wire.StartupBytes;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** A client that speaks the protocol byte by byte, and stops wherever a test wants it to. */
final class RawClient implements AutoCloseable {

  private static final int PROTOCOL_3_0 = 3 << 16;
  private static final int TIMEOUT_MILLIS = 120_000;
  private static final int READ_BYTES = 64 << 10;

  private final Socket socket;
  private final DataInputStream in;

  RawClient(int port) {
    this(port, false);
  }

  /**
   * @param secure over direct TLS, whatever the certificate
   */
  RawClient(int port, boolean secure) {
    try {
      socket = secure ? tls(port) : new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), READ_BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Socket tls(int port) throws IOException {
    // A socket below its own: to close its output is said in TLS, and TCP does not hear of it.
    Socket below = new Socket(InetAddress.getLoopbackAddress(), port);
    SSLSocket socket =
        (SSLSocket) trusting().getSocketFactory().createSocket(below, "localhost", port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {TlsIdentity.PROTOCOL});
    socket.setSSLParameters(parameters);
    return socket;
  }

  private static SSLContext trusting() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  RawClient send(byte[]... parts) {
    try {
      socket.getOutputStream().write(StartupBytes.bytes(Unpooled.wrappedBuffer(parts)));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RawClient startup(String user) {
    return startup(0, "user", user, "database", "shop");
  }

  /**
   * @param minor of protocol 3
   */
  RawClient startup(int minor, String... namesAndValues) {
    return send(StartupBytes.message(PROTOCOL_3_0 + minor, namesAndValues));
  }

  /** Logs in and sends more in the same write as the proof. */
  RawClient logIn(byte[]... pipelined) {
    return startup("app.pr-1").authenticate(pipelined);
  }

  RawClient authenticate(byte[]... pipelined) {
    ScramClient scram = new ScramClient("n,,", new byte[0]);
    read();
    byte[] first = scram.first();
    send(
        message(
            'p',
            StartupBytes.bytes(
                Unpooled.buffer()
                    .writeBytes("SCRAM-SHA-256\0".getBytes(StandardCharsets.US_ASCII))
                    .writeInt(first.length)
                    .writeBytes(first))));
    byte[] challenge = read().body();
    String serverFirst = new String(challenge, 4, challenge.length - 4, StandardCharsets.US_ASCII);
    byte[] proof = message('p', scram.last(TestBranches.PASSWORD, serverFirst));
    return send(proof, StartupBytes.bytes(Unpooled.wrappedBuffer(pipelined)));
  }

  static byte[] query(String sql) {
    return message('Q', (sql + "\0").getBytes(StandardCharsets.UTF_8));
  }

  static byte[] terminate() {
    return message('X', new byte[0]);
  }

  static byte[] message(char type, byte[] body) {
    return StartupBytes.bytes(
        Unpooled.buffer().writeByte(type).writeInt(body.length + 4).writeBytes(body));
  }

  BackendBytes.Message read() {
    try {
      char type = (char) in.readUnsignedByte();
      byte[] body = new byte[in.readInt() - 4];
      in.readFully(body);
      return new BackendBytes.Message(type, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads up to a message of a type; returns the types on the way. */
  String readUntil(char type) {
    StringBuilder types = new StringBuilder();
    do {
      types.append(read().type());
    } while (types.charAt(types.length() - 1) != type);
    return types.toString();
  }

  /** The next message of a type; others on the way are dropped. */
  BackendBytes.Message next(char type) {
    BackendBytes.Message message = read();
    while (message.type() != type) {
      message = read();
    }
    return message;
  }

  /** Reads a message without keeping it; returns the length of its body. */
  int pass(Runnable meanwhile) {
    try {
      in.readUnsignedByte();
      int length = in.readInt() - 4;
      byte[] part = new byte[READ_BYTES];
      for (int left = length; left > 0; ) {
        int count = in.read(part, 0, Math.min(left, part.length));
        if (count < 0) {
          throw new EOFException("a message was cut");
        }
        left -= count;
        meanwhile.run();
      }
      return length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything up to the end of the connection. */
  BackendBytes readToEnd() {
    try {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      in.transferTo(all);
      return BackendBytes.parse(Unpooled.wrappedBuffer(all.toByteArray()));
    } catch (EOFException e) {
      throw new AssertionError("a message was cut", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for the end of the connection, whatever comes before it; returns how much did. */
  long readRawToEnd() {
    try {
      return in.transferTo(OutputStream.nullOutputStream());
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection was not closed", e);
    } catch (IOException _) {
      // A reset is an end too.
      return -1;
    }
  }

  void closeOutput() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes with a reset instead of an end. */
  void reset() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
