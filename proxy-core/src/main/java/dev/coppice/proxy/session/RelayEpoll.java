package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.IdentityHashMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Epoll that lets a socket's bytes go straight to another socket. Netty's channels stay registered,
 * and get every event but one: that there is something to read of a socket with a {@link FastPath},
 * which that may take. Confined to the event loop.
 */
final class RelayEpoll extends MendedEpoll {

  /** What is read at once; COPY moves as much as a socket gives. */
  private static final int BUFFER_BYTES = 64 * 1024;

  private static final FastThreadLocal<RelayEpoll> OF_THREAD = new FastThreadLocal<>();

  private final IdentityHashMap<IoHandle, Socket> sockets = new IdentityHashMap<>();
  private final ByteBuf buffer = Unpooled.directBuffer(BUFFER_BYTES, BUFFER_BYTES);

  private RelayEpoll(IoHandler epoll) {
    super(epoll);
  }

  static IoHandlerFactory factory() {
    IoHandlerFactory handlers = EpollIoHandler.newFactory();
    return executor -> new RelayEpoll(handlers.newHandler(executor));
  }

  /** Absent if the calling thread is no event loop of this kind. */
  static Optional<RelayEpoll> ofThread() {
    return Optional.ofNullable(OF_THREAD.get());
  }

  /**
   * From now on what is read of a socket goes to another, as long as a gate is open.
   *
   * @param from driven by this loop, as is {@code to}
   */
  void connect(Channel from, Channel to, FastPath.Gate gate) {
    Socket socket = sockets.get(from.unsafe());
    if (socket != null) {
      socket.path = new FastPath(from, to, gate, buffer);
    }
  }

  /** Netty gets every event of the socket again. */
  void disconnect(Channel from) {
    Socket socket = sockets.get(from.unsafe());
    if (socket != null) {
      socket.path = null;
    }
  }

  @Override
  public void initialize() {
    OF_THREAD.set(this);
    super.initialize();
  }

  @Override
  public void destroy() {
    super.destroy();
    OF_THREAD.remove();
    buffer.release();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return handle instanceof EpollIoHandle epollHandle
        ? super.register(new Socket(epollHandle))
        : super.register(handle);
  }

  @SuppressWarnings("try") // what close() throws is Netty's own
  private final class Socket implements EpollIoHandle {

    private final EpollIoHandle channel;
    private @Nullable FastPath path;

    Socket(EpollIoHandle channel) {
      this.channel = channel;
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
      FastPath fast = path;
      if (fast == null || !isReadable((EpollIoEvent) event) || !fast.take()) {
        channel.handle(registration, event);
      }
    }

    private static boolean isReadable(EpollIoEvent event) {
      return event.ops().value() == EpollIoOps.EPOLLIN.value();
    }

    @Override
    public FileDescriptor fd() {
      return channel.fd();
    }

    @Override
    public void registered() {
      sockets.put(channel, this);
      channel.registered();
    }

    @Override
    public void unregistered() {
      sockets.remove(channel, this);
      channel.unregistered();
    }

    @Override
    public void close() throws Exception {
      channel.close();
    }
  }
}
