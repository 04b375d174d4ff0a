package dev.coppice.providers.pgoutput;

/** One column of a row in the stream. */
public sealed interface ColumnValue {

  ColumnValue NULL = new Null();
  ColumnValue UNCHANGED = new Unchanged();

  record Null() implements ColumnValue {}

  /** Stored out of line and not touched by the update; the stream does not carry it. */
  record Unchanged() implements ColumnValue {}

  record Text(String text) implements ColumnValue {}
}
