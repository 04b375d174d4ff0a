package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DdlTextTest {

  @Test
  void aTextIsSplitWhereItsStatementsEnd() {
    String body =
        "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT CASE WHEN true THEN 'a;' END; END";
    String rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v)";
    String quoted = "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS $x$ SELECT 1; $$;$$ $x$";
    String text = "ALTER TABLE \"a;b\" ADD c text DEFAULT E'it\\';s' /* ; /* ; */ */ -- ;\n";

    List<DdlText> statements =
        DdlText.split(";" + body + ";\n" + rule + ";;" + quoted + " ; " + text + ";SELECT $1");

    assertThat(statements)
        .extracting(DdlText::text)
        .containsExactly(
            body, rule, quoted, "ALTER TABLE \"a;b\" ADD c text DEFAULT E'it\\';s'", "SELECT $1");
  }

  @Test
  void itsTagIsKnownByItsFirstWords() {
    assertThat(
            new DdlText("create /* x */ unique index concurrently i on t (a)").is("CREATE INDEX"))
        .isTrue();
    assertThat(new DdlText("CREATE OR REPLACE TEMP VIEW v AS SELECT 1").is("CREATE VIEW")).isTrue();
    assertThat(new DdlText("CREATE TABLE t AS TABLE u").is("CREATE TABLE AS")).isTrue();
    assertThat(new DdlText("CREATE CONSTRAINT TRIGGER x").is("CREATE TRIGGER")).isTrue();
    assertThat(new DdlText("ALTER TABLE t ADD c int").is("CREATE TABLE")).isFalse();
    assertThat(new DdlText("DO $$ BEGIN END $$").is("ALTER TABLE")).isFalse();
    assertThat(new DdlText("CREATE").is("CREATE TABLE")).isFalse();
  }

  @Test
  void whatABaseCannotDoIsTakenOut() {
    assertThat(
            new DdlText("CREATE INDEX CONCURRENTLY i ON t (\"CONCURRENTLY\")")
                .withoutConcurrently())
        .isEqualTo(new DdlText("CREATE INDEX  i ON t (\"CONCURRENTLY\")"));
    assertThat(new DdlText("CREATE TABLE t AS SELECT 1 WITH DATA").withoutRows())
        .contains(new DdlText("CREATE TABLE t AS SELECT 1 \nWITH NO DATA"));
    assertThat(new DdlText("CREATE TABLE t AS SELECT 1 AS data -- x").withoutRows())
        .contains(new DdlText("CREATE TABLE t AS SELECT 1 AS data -- x\nWITH NO DATA"));
    assertThat(new DdlText("CREATE TABLE t AS EXECUTE p").withoutRows()).isEmpty();
  }

  @Test
  void conversionsThatDependOnTheMomentAreKnown() {
    assertThat(new DdlText("ALTER TABLE t ALTER c TYPE int USING length(c)").functionsInUsing())
        .containsExactly("length");
    assertThat(new DdlText("ALTER TABLE t ALTER c TYPE date USING current_date").momentary())
        .isTrue();
    assertThat(new DdlText("ALTER TABLE \"user\" ALTER c TYPE int USING c::int").momentary())
        .isFalse();
  }
}
