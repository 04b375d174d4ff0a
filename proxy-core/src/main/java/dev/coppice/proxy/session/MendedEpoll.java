package dev.coppice.proxy.session;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Netty's epoll, with sockets that can be waited for again. Where nothing of a socket is of
 * interest, as after its other side has closed its half and until more must be written than it
 * takes, Netty 4.2.18 removes it from epoll, forgets that it did, and fails when something is
 * (netty/netty#16689).
 */
class MendedEpoll implements IoHandler {

  private final IoHandler epoll;

  MendedEpoll(IoHandler epoll) {
    this.epoll = epoll;
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new Registration(handle, epoll.register(handle));
  }

  /** Confined to the event loop, but for {@link #cancel}. */
  private final class Registration implements IoRegistration {

    private final IoHandle handle;
    private volatile IoRegistration present;
    private boolean removed;

    Registration(IoHandle handle, IoRegistration first) {
      this.handle = handle;
      this.present = first;
    }

    @Override
    public long submit(IoOps ops) {
      boolean nothing = ops.equals(EpollIoOps.NONE);
      if (removed && !nothing && present.cancel()) {
        present = again();
      }
      removed = nothing;
      return present.submit(ops);
    }

    private IoRegistration again() {
      try {
        return epoll.register(handle);
      } catch (Exception e) {
        throw new IllegalStateException("a socket cannot be waited for again", e);
      }
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's own
    public <T> T attachment() {
      return present.attachment();
    }

    @Override
    public boolean isValid() {
      return present.isValid();
    }

    @Override
    public boolean cancel() {
      return present.cancel();
    }
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return epoll.run(context);
  }

  @Override
  public void prepareToDestroy() {
    epoll.prepareToDestroy();
  }

  @Override
  public void destroy() {
    epoll.destroy();
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return epoll.isCompatible(type);
  }
}
