package dev.coppice.proxy.session;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

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

    @Override
    Map<ChannelOption<Integer>, Integer> keepAlive() {
      return keepAliveBy(
          EpollChannelOption.TCP_KEEPIDLE,
          EpollChannelOption.TCP_KEEPINTVL,
          EpollChannelOption.TCP_KEEPCNT);
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

    @Override
    Map<ChannelOption<Integer>, Integer> keepAlive() {
      return keepAliveBy(
          IoUringChannelOption.TCP_KEEPIDLE,
          IoUringChannelOption.TCP_KEEPINTVL,
          IoUringChannelOption.TCP_KEEPCNT);
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
    Map<ChannelOption<Integer>, Integer> keepAlive() {
      return keepAliveBy(
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT));
    }

    @Override
    SocketAddress address(Path socket) {
      return UnixDomainSocketAddress.of(socket);
    }
  };

  /** Names the transport to use instead of the fastest available one. */
  static final String PROPERTY = "coppice.proxy.transport";

  static final int KEEP_ALIVE_IDLE_SECONDS = 60;
  private static final int KEEP_ALIVE_INTERVAL_SECONDS = 10;
  private static final int KEEP_ALIVE_PROBES = 6;

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

  /**
   * The times of TCP's keep-alive (tcp(7)): a client whose machine is gone must not keep a branch
   * awake for the two hours and more that are the system's default.
   */
  abstract Map<ChannelOption<Integer>, Integer> keepAlive();

  private static Map<ChannelOption<Integer>, Integer> keepAliveBy(
      ChannelOption<Integer> idle, ChannelOption<Integer> interval, ChannelOption<Integer> count) {
    return Map.of(
        idle,
        KEEP_ALIVE_IDLE_SECONDS,
        interval,
        KEEP_ALIVE_INTERVAL_SECONDS,
        count,
        KEEP_ALIVE_PROBES);
  }

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
