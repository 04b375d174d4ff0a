package dev.coppice.providers.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One address for several servers, which get its connections by turns. */
public final class Balancer implements AutoCloseable {

  private final ServerSocket socket;
  private final PostgresServer[] servers;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private Balancer(PostgresServer... servers) throws IOException {
    this.servers = servers.clone();
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  public static Balancer between(PostgresServer... servers) throws IOException {
    Balancer balancer = new Balancer(servers);
    Thread.ofVirtual().name("balancer").start(balancer::accept);
    return balancer;
  }

  public int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    for (int turn = 0; !socket.isClosed(); turn++) {
      try {
        Socket client = socket.accept();
        open.add(client);
        Socket server =
            new Socket(InetAddress.getLoopbackAddress(), servers[turn % servers.length].port());
        open.add(server);
        Thread.ofVirtual().start(() -> pass(client, server));
        Thread.ofVirtual().start(() -> pass(server, client));
      } catch (IOException e) {
        // Closed, or a server is gone.
      }
    }
  }

  private void pass(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // Closed from either side.
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (Socket one : open) {
      one.close();
    }
  }
}
