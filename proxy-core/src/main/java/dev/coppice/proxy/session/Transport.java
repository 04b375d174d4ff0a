package dev.coppice.proxy.session;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Locale;

/** How sockets are driven. */
enum Transport {
  EPOLL(EpollServerSocketChannel.class, EpollDomainSocketChannel.class) {
    @Override
    boolean isAvailable() {
      return Epoll.isAvailable();
    }

    @Override
    IoHandlerFactory ioHandlers() {
      return RelayEpoll.factory();
    }
  },
  IO_URING(IoUringServerSocketChannel.class, IoUringDomainSocketChannel.class) {
    @Override
    boolean isAvailable() {
      return IoUring.isAvailable();
    }

    @Override
    IoHandlerFactory ioHandlers() {
      return IoUringIoHandler.newFactory();
    }
  },
  NIO(NioServerSocketChannel.class, NioDomainSocketChannel.class) {
    @Override
    boolean isAvailable() {
      return true;
    }

    @Override
    IoHandlerFactory ioHandlers() {
      return NioIoHandler.newFactory();
    }

    @Override
    SocketAddress address(Path socket) {
      return UnixDomainSocketAddress.of(socket);
    }
  };

  /** Names the transport to use instead of the fastest available one. */
  static final String PROPERTY = "coppice.proxy.transport";

  private final Class<? extends ServerChannel> serverChannel;
  private final Class<? extends Channel> engineChannel;

  Transport(Class<? extends ServerChannel> serverChannel, Class<? extends Channel> engineChannel) {
    this.serverChannel = serverChannel;
    this.engineChannel = engineChannel;
  }

  static Transport choose() {
    String named = System.getProperty(PROPERTY);
    if (named != null) {
      return valueOf(named.toUpperCase(Locale.ROOT));
    }
    return EPOLL.isAvailable() ? EPOLL : NIO;
  }

  /**
   * Buffers for reads. Netty's smallest are 64 bytes, and a message longer than the last ones would
   * take two reads.
   */
  static RecvByteBufAllocator receiveBuffers() {
    return new AdaptiveRecvByteBufAllocator(1024, 4096, 64 * 1024);
  }

  abstract boolean isAvailable();

  abstract IoHandlerFactory ioHandlers();

  Class<? extends ServerChannel> serverChannel() {
    return serverChannel;
  }

  Class<? extends Channel> engineChannel() {
    return engineChannel;
  }

  SocketAddress address(Path socket) {
    return new DomainSocketAddress(socket.toFile());
  }
}
