package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * One direction of a session without TLS: what is read of one socket is written to the other at
 * once, from the same memory, with none of what Netty's pipeline takes for a read. Only where
 * nothing else is to be done: whatever is out of the ordinary (an end, an error, a socket that
 * takes no more) is left to Netty. Confined to the event loop of both channels.
 */
final class FastPath {

  /** After so many other sockets have their turn. */
  private static final int MAX_READS = 16;

  /**
   * How long a stream is left alone to gather: an engine sends 8 KiB at a time, and waking this
   * loop and the client for each takes more of the machine than moving it.
   */
  private static final long GATHERING_MICROS = 200;

  /** What is read of a stream at once where nothing is gained by waiting. */
  private static final int GATHERED_BYTES = 48 * 1024;

  private final Channel from;
  private final Channel to;
  private final Socket source;
  private final Socket sink;
  private final Gate gate;
  private final ByteBuf buffer;

  /** What stands between the two sockets. */
  interface Gate {

    /** Whether bytes may go straight to the other side now. */
    boolean isOpen();

    /**
     * Sees the bytes before they are written, and may not keep them.
     *
     * @return whether they are to be written
     */
    boolean pass(ByteBuf bytes);

    /** Whether what passed last is the middle of something long, whose end nobody waits for yet. */
    boolean isStreaming();
  }

  /**
   * @param buffer for what is read, shared by all of the event loop
   */
  FastPath(Channel from, Channel to, Gate gate, ByteBuf buffer) {
    this.from = from;
    this.to = to;
    this.source = (Socket) ((UnixChannel) from).fd();
    this.sink = (Socket) ((UnixChannel) to).fd();
    this.gate = gate;
    this.buffer = buffer;
  }

  /**
   * Moves what there is to read.
   *
   * @return whether that was done; else it is Netty's to do, or to go on with
   */
  boolean take() {
    try {
      for (int i = 0; i < MAX_READS; i++) {
        if (!gate.isOpen() || !from.config().isAutoRead() || !isClear()) {
          return false;
        }
        int read = source.recvAddress(buffer.memoryAddress(), 0, buffer.capacity());
        if (read <= 0) {
          // Netty reads an end again, and knows what that means.
          return read == 0;
        }
        buffer.setIndex(0, read);
        if (!gate.pass(buffer)) {
          return true;
        }
        write();
        if (read < GATHERED_BYTES && gate.isStreaming()) {
          gather();
          return true;
        }
        if (read < buffer.capacity()) {
          return true;
        }
      }
      return false;
    } catch (IOException | RuntimeException e) {
      from.pipeline().fireExceptionCaught(e);
      return true;
    }
  }

  /** Unless the other side takes no more, which stops the reading as well. */
  private void gather() {
    if (from.config().isAutoRead()) {
      from.config().setAutoRead(false);
      var _ =
          from.eventLoop()
              .schedule(
                  () -> {
                    if (to.isWritable()) {
                      from.config().setAutoRead(true);
                    }
                  },
                  GATHERING_MICROS,
                  TimeUnit.MICROSECONDS);
    }
  }

  /** Whether nothing waits to be written before. */
  private boolean isClear() {
    ChannelOutboundBuffer waiting = to.unsafe().outboundBuffer();
    return waiting != null
        && waiting.totalPendingWriteBytes() == 0
        && to.isActive()
        && !((DuplexChannel) to).isOutputShutdown();
  }

  private void write() {
    int written = 0;
    try {
      written = sink.sendAddress(buffer.memoryAddress(), 0, buffer.writerIndex());
    } catch (IOException e) {
      // Netty meets it as well, and closes the channel.
    }
    if (written < buffer.writerIndex()) {
      buffer.readerIndex(written);
      ByteBuf rest = to.alloc().directBuffer(buffer.readableBytes()).writeBytes(buffer);
      to.writeAndFlush(rest, to.voidPromise());
      if (!to.isWritable()) {
        from.config().setAutoRead(false);
      }
    }
  }
}
