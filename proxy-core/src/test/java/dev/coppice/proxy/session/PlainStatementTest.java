package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainStatementTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ";",
        "SELECT abalance FROM pgbench_accounts WHERE aid = 4711;",
        "select count(*), coalesce (max(id), 0) from shop.orders where id in (1, 2) and (a or b)",
        "SELECT * FROM t WHERE id = $1 AND x = ANY ($2)",
        "INSERT INTO orders (id, name) VALUES (1, 'x')",
        "insert into shop.orders(id) values ($1) returning id",
        "UPDATE t SET a = a + (1) WHERE id = 2",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "BEGIN",
        "commit",
        "SET extra_float_digits = 3",
        "SET application_name = 'PostgreSQL JDBC Driver'",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SHOW transaction_isolation",
      })
  void knowsWhatLeavesNothing(String sql) {
    assertThat(PlainStatement.is(sql.toLowerCase(Locale.ROOT))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET app.tenant = '1'",
        "SET LOCAL app.tenant = '1'",
        "SET \"app.tenant\" = '1'",
        "SET U&\"app\\002etenant\" = '1'",
        "SELECT set_config('app.tenant', '1', false)",
        "SELECT pg_catalog.set_config('app.tenant', '1', false)",
        "SELECT \"set_config\"('app.tenant', '1', false)",
        "SELECT set_config/**/('app.tenant', '1', false)",
        "SELECT set_config--\n('app.tenant', '1', false)",
        "SELECT set_config\n\t('app.tenant', '1', false)",
        "SELECT 1; SET app.tenant = '1'",
        "SELECT setseed(0.5)",
        "SELECT dblink_connect('x')",
        "SELECT pg_advisory_lock(1)",
        "SELECT my.count(1)",
        "SELECT größe(1)",
        "SELECT 1 INTO TEMP t",
        "WITH x AS (SELECT 1) SELECT * INTO t FROM x",
        "DO $$ BEGIN END $$",
        "SELECT $a$x$a$",
        "LISTEN news",
        "LOAD 'auto_explain'",
        "PREPARE p AS SELECT 1",
        "CREATE TEMP TABLE t (id int)",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "COPY t FROM STDIN",
        "CALL p()",
        "EXPLAIN SELECT 1",
        "setting",
        "selectx",
        "(SELECT set_config('a.b', 'c', false))",
      })
  void takesEveryOtherForOneThatMight(String sql) {
    assertThat(PlainStatement.is(sql.toLowerCase(Locale.ROOT))).isFalse();
  }
}
