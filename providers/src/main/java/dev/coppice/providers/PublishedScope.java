package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a publication tells of every change of its tables' rows and columns. A base that hears of
 * a part would look like the source and be something else.
 */
final class PublishedScope {

  private static final int FIRST_MAJOR_WITH_FILTERS = 15;
  private static final int FIRST_MAJOR_WITH_GENERATED_COLUMNS = 18;

  private static final String REMEDY =
      "Follow by another one: CREATE PUBLICATION coppice FOR ALL TABLES; or for a list of tables.";

  private final Connection source;
  private final String publication;
  private final int major;

  PublishedScope(Connection source, String publication, int major) {
    this.source = source;
    this.publication = publication;
    this.major = major;
  }

  /** Throws {@code FOLLOW_REFUSED} with what it leaves out. */
  void requireWhole() throws SQLException {
    String named = " WHERE pubname = " + SqlText.literal(publication);
    List<String> lacks =
        Query.first(
                source,
                "SELECT pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot"
                    + " FROM pg_publication"
                    + named,
                row -> {
                  List<String> lacking = new ArrayList<>();
                  for (String kind : List.of("insert", "update", "delete", "truncate")) {
                    if (!row.getBoolean("pub" + kind)) {
                      lacking.add("it does not publish " + kind);
                    }
                  }
                  if (row.getBoolean("pubviaroot")) {
                    lacking.add("publish_via_partition_root hides in which partition a row is");
                  }
                  return lacking;
                })
            .orElseThrow(() ->
                new SourceException(
                    SourceFailure.FOLLOW_REFUSED,
                    "there is no publication " + SqlText.readable(publication),
                    REMEDY));
    if (major >= FIRST_MAJOR_WITH_FILTERS) {
      lacks.addAll(parts());
    }
    if (major >= FIRST_MAJOR_WITH_GENERATED_COLUMNS
        && !Query.text(source, "SELECT pubgencols FROM pg_publication" + named).equals("n")) {
      lacks.add("publish_generated_columns tells of columns that the base computes itself");
    }
    if (!lacks.isEmpty()) {
      throw new SourceException(
          SourceFailure.FOLLOW_REFUSED,
          "publication "
              + SqlText.readable(publication)
              + " does not tell all: "
              + String.join("; ", lacks),
          REMEDY);
    }
  }

  private List<String> parts() throws SQLException {
    return Query.list(
        source,
        """
        SELECT n.nspname, c.relname, r.prqual IS NOT NULL AS filtered, r.prattrs IS NOT NULL AS listed
        FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
        JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE p.pubname = %s AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL)
        ORDER BY 1, 2
        """
            .formatted(SqlText.literal(publication)),
        row ->
            "of "
                + SqlText.readable(row.getString("nspname"), row.getString("relname"))
                + " it holds "
                + (row.getBoolean("filtered") ? "only rows that its filter lets pass" : "")
                + (row.getBoolean("filtered") && row.getBoolean("listed") ? " and " : "")
                + (row.getBoolean("listed") ? "only some columns" : ""));
  }
}
