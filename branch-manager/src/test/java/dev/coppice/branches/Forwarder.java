package dev.coppice.branches;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A network between here and a server on this machine, which fails when it is told to. */
final class Forwarder implements AutoCloseable {

  private enum State {
    PASSING,
    CUT,
    SILENT
  }

  private static final int BUFFER_BYTES = 64 * 1024;

  private final ServerSocket server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  // Guarded by this.
  private State state = State.PASSING;
  private int target;

  Forwarder(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("forwarder").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** From now on everything passes, on new connections, to the server at that port. */
  void pass(int port) {
    synchronized (this) {
      target = port;
      state = State.PASSING;
    }
    dropAll();
  }

  /** Ends all connections and takes no new ones. */
  void cut() {
    synchronized (this) {
      state = State.CUT;
    }
    dropAll();
  }

  /** Connections stay and can be made, but nothing arrives, and nobody is told. */
  synchronized void goSilent() {
    state = State.SILENT;
  }

  private synchronized State state() {
    return state;
  }

  private synchronized int target() {
    return target;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        sockets.add(client);
        switch (state()) {
          case CUT -> drop(client, null);
          case SILENT -> {}
          case PASSING -> connect(client);
        }
      } catch (IOException e) {
        // The server at the other end is gone, or this is closed.
      }
    }
  }

  private void connect(Socket client) throws IOException {
    try {
      Socket there = new Socket(InetAddress.getLoopbackAddress(), target());
      sockets.add(there);
      Thread.ofVirtual().start(() -> pump(client, there));
      Thread.ofVirtual().start(() -> pump(there, client));
    } catch (IOException e) {
      drop(client, null);
      throw e;
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] bytes = new byte[BUFFER_BYTES];
    try {
      int length = from.getInputStream().read(bytes);
      while (length >= 0) {
        if (state() != State.SILENT) {
          to.getOutputStream().write(bytes, 0, length);
        }
        length = from.getInputStream().read(bytes);
      }
    } catch (IOException e) {
      // Closed from either side.
    }
    if (state() != State.SILENT) {
      drop(from, to);
    }
  }

  private void drop(Socket one, @Nullable Socket other) {
    close(one);
    if (other != null) {
      close(other);
    }
  }

  private void close(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  private void dropAll() {
    sockets.forEach(this::close);
  }

  @Override
  public void close() throws IOException {
    server.close();
    dropAll();
  }
}
