package dev.coppice.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The tables of pgbench, filled by the server itself: the same content as {@code pgbench -i},
 * without needing the program. About 15 MB for each unit of scale.
 */
final class PgbenchTables {

  private static final int ACCOUNTS_PER_SCALE = 100_000;
  private static final int TELLERS_PER_SCALE = 10;

  private PgbenchTables() {}

  static void create(Connection connection, int scale) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          """
          create table pgbench_branches (bid int not null, bbalance int, filler char(88)) with (fillfactor = 100);
          create table pgbench_tellers (tid int not null, bid int, tbalance int, filler char(84)) with (fillfactor = 100);
          create table pgbench_accounts (aid int not null, bid int, abalance int, filler char(84)) with (fillfactor = 100);
          create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
          """);
      statement.execute(
          "insert into pgbench_branches select i, 0, '' from generate_series(1, %d) i"
              .formatted(scale));
      statement.execute(
          "insert into pgbench_tellers select i, (i - 1) / %d + 1, 0, '' from generate_series(1, %d) i"
              .formatted(TELLERS_PER_SCALE, scale * TELLERS_PER_SCALE));
      statement.execute(
          "insert into pgbench_accounts select i, (i - 1) / %d + 1, 0, '' from generate_series(1, %d) i"
              .formatted(ACCOUNTS_PER_SCALE, scale * ACCOUNTS_PER_SCALE));
      statement.execute(
          """
          alter table pgbench_branches add primary key (bid);
          alter table pgbench_tellers add primary key (tid);
          alter table pgbench_accounts add primary key (aid);
          """);
      connection.commit();
      connection.setAutoCommit(true);
      statement.execute("vacuum (freeze, analyze)");
    }
  }
}
