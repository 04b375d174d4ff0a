package dev.coppice.branches.catalogue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** A statement whose parameters are given in order. */
final class Sql implements AutoCloseable {

  @FunctionalInterface
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private final PreparedStatement statement;
  private int next = 1;

  Sql(Connection session, String sql) throws SQLException {
    statement = session.prepareStatement(sql);
  }

  Sql text(String value) throws SQLException {
    statement.setString(next++, value);
    return this;
  }

  Sql text(Optional<String> value) throws SQLException {
    statement.setString(next++, value.orElse(null));
    return this;
  }

  Sql bytes(byte[] value) throws SQLException {
    statement.setBytes(next++, value);
    return this;
  }

  Sql number(long value) throws SQLException {
    statement.setLong(next++, value);
    return this;
  }

  Sql number(OptionalLong value) throws SQLException {
    if (value.isPresent()) {
      return number(value.getAsLong());
    }
    statement.setNull(next++, Types.BIGINT);
    return this;
  }

  Sql flag(boolean value) throws SQLException {
    statement.setBoolean(next++, value);
    return this;
  }

  Sql uuid(UUID value) throws SQLException {
    statement.setObject(next++, value);
    return this;
  }

  Sql uuid(Optional<UUID> value) throws SQLException {
    if (value.isPresent()) {
      return uuid(value.get());
    }
    statement.setNull(next++, Types.OTHER);
    return this;
  }

  Sql time(Optional<Instant> value) throws SQLException {
    if (value.isPresent()) {
      statement.setObject(next++, value.get().atOffset(ZoneOffset.UTC));
    } else {
      statement.setNull(next++, Types.TIMESTAMP_WITH_TIMEZONE);
    }
    return this;
  }

  Sql texts(List<String> values) throws SQLException {
    statement.setArray(
        next++, statement.getConnection().createArrayOf("text", values.toArray(String[]::new)));
    return this;
  }

  void execute() throws SQLException {
    statement.execute();
    next = 1;
  }

  <T> List<T> rows(RowReader<T> reader) throws SQLException {
    List<T> read = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        read.add(reader.read(rows));
      }
    }
    next = 1;
    return read;
  }

  static UUID uuid(ResultSet row, String column) throws SQLException {
    return row.getObject(column, UUID.class);
  }

  static Optional<Instant> time(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  static OptionalLong number(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }

  static List<String> texts(ResultSet row, String column) throws SQLException {
    return List.of((String[]) row.getArray(column).getArray());
  }

  @Override
  public void close() throws SQLException {
    statement.close();
  }
}
