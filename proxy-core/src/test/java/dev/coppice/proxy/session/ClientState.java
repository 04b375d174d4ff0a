package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.StartupBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/** Where a client can be in its dialogue when it ends it. */
enum ClientState {
  CONNECTED {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {}
  },
  IN_THE_MIDDLE_OF_THE_STARTUP {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      client.send(Arrays.copyOf(StartupBytes.message(3 << 16, "user", "app.pr-1"), 13));
    }
  },
  ASKED_FOR_A_PASSWORD {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      client.startup("app.pr-1").read();
    }
  },
  WAITING_FOR_THE_ENGINE {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      fixture.branches.waking(CompletableFuture::new);
      // The password was accepted, and nothing comes of it.
      client.logIn(RawClient.query("SELECT 1")).read();
    }
  },
  IDLE {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      client.logIn().readUntil('Z');
    }
  },
  IN_A_TRANSACTION {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      query(client, "BEGIN; CREATE TABLE unseen (id int)").readUntil('Z');
    }
  },
  IN_A_FAILED_TRANSACTION {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      query(client, "BEGIN; SELECT 1/0").readUntil('Z');
    }
  },
  IN_A_STATEMENT {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      query(client, "SELECT 1, pg_sleep(0.2)");
    }
  },
  IN_AN_ANSWER {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      query(client, "SELECT repeat('x', 1000) FROM generate_series(1, 20000)").readUntil('D');
    }
  },
  COPYING_IN {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      query(client, "CREATE TEMPORARY TABLE t (i int); COPY t FROM STDIN").readUntil('G');
      client.send(RawClient.message('d', new byte[] {'1', '\n'}));
    }
  },
  COPYING_OUT {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      query(client, "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 20000)) TO STDOUT")
          .readUntil('d');
    }
  },
  COPYING_BOTH_WAYS {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      client.startup(0, "user", "streamer.pr-1", "replication", "true").authenticate();
      client.readUntil('Z');
      String position = fixture.engine.sql("SELECT pg_current_wal_flush_lsn()");
      client.send(RawClient.query("START_REPLICATION PHYSICAL " + position)).readUntil('W');
    }
  },
  MIDWAY {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      client.logIn().readUntil('Z');
      client.send(
          RawClient.message('P', "\0SELECT 1\0\0\0".getBytes(StandardCharsets.US_ASCII)),
          RawClient.message('H', new byte[0]));
      client.readUntil('1');
    }
  },
  LISTENING {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      query(client, "LISTEN news").readUntil('Z');
    }
  },
  IN_THE_MIDDLE_OF_A_MESSAGE {
    @Override
    void enter(ProxyFixture fixture, RawClient client) {
      client.logIn().readUntil('Z');
      byte[] query = RawClient.query("SELECT 1");
      client.send(Arrays.copyOf(query, query.length - 3));
    }
  };

  private static RawClient query(RawClient client, String sql) {
    client.logIn().readUntil('Z');
    return client.send(RawClient.query(sql));
  }

  /** Brings a client that has just connected there. */
  abstract void enter(ProxyFixture fixture, RawClient client);
}
