package dev.coppice.server.failure;

import dev.coppice.branches.BranchFailure;
import dev.coppice.providers.SourceFailure;
import dev.coppice.server.failure.FailureCode.Exit;
import dev.coppice.storage.StorageFailure;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Gives each operating failure its SQLSTATE, HTTP status and exit code. SQLSTATEs are Postgres's
 * own (https://www.postgresql.org/docs/current/errcodes-appendix.html): an unknown branch is a
 * 3D000, as an unknown database is.
 */
public final class FailureTable {
  private FailureTable() {}

  public static FailureCode of(BranchFailure failure) {
    return switch (failure) {
      case NAME_INVALID -> code(failure, "3D000", 400, Exit.USAGE);
      case BRANCH_NOT_FOUND, SOURCE_NOT_FOUND, SNAPSHOT_NOT_FOUND ->
          code(failure, "3D000", 404, Exit.NOT_FOUND);
      case BRANCH_EXISTS, SOURCE_EXISTS, SNAPSHOT_EXISTS ->
          code(failure, "42P04", 409, Exit.CONFLICT);
      case BRANCH_HAS_NO_SNAPSHOT, SOURCE_NOT_READY, SOURCE_HAS_BRANCHES, SNAPSHOT_IN_USE ->
          code(failure, "55000", 409, Exit.CONFLICT);
      case BRANCH_BUSY -> code(failure, "55006", 409, Exit.CONFLICT);
      case ROLE_REFUSED -> code(failure, "28000", 403, Exit.NOT_AUTHORISED);
      case SUPERUSER_NOT_ALLOWED -> code(failure, "42501", 403, Exit.NOT_AUTHORISED);
      case ENGINE_BINARIES_MISSING, ENGINE_START_FAILED -> code(failure, "58000", 500, Exit.FAILED);
      case ENGINE_START_TIMEOUT, ENGINE_TURN_TIMEOUT -> code(failure, "57P03", 504, Exit.TIMED_OUT);
      case SOURCE_FAILED -> code(failure, "58000", 502, Exit.FAILED);
      case STORAGE_FAILED, CATALOGUE_FAILED -> code(failure, "58030", 500, Exit.FAILED);
      case DISK_FULL -> code(failure, "53100", 507, Exit.FAILED);
      case SHUTTING_DOWN -> code(failure, "57P03", 503, Exit.FAILED);
    };
  }

  public static FailureCode of(SourceFailure failure) {
    return switch (failure) {
      case URL_INVALID -> source(failure, "08001", 400, Exit.USAGE);
      case UNREACHABLE, TLS_FAILED -> source(failure, "08001", 502, Exit.FAILED);
      case TIMED_OUT -> source(failure, "08001", 504, Exit.TIMED_OUT);
      case SNAPSHOT_TOO_OLD -> source(failure, "57014", 504, Exit.TIMED_OUT);
      case AUTHENTICATION_FAILED -> source(failure, "28P01", 422, Exit.NOT_AUTHORISED);
      case DATABASE_MISSING -> source(failure, "3D000", 422, Exit.NOT_FOUND);
      case PERMISSION_DENIED, ROW_SECURITY -> source(failure, "42501", 422, Exit.NOT_AUTHORISED);
      case POOLER, VERSION_UNSUPPORTED, PREFLIGHT_FAILED ->
          source(failure, "0A000", 422, Exit.FAILED);
      case CLIENT_TOOLS_MISSING -> source(failure, "58000", 500, Exit.FAILED);
      case LOCAL_DISK_FULL -> source(failure, "53100", 507, Exit.FAILED);
      case INTERRUPTED -> source(failure, "57014", 499, Exit.FAILED);
      case VERIFICATION_FAILED -> source(failure, "XX001", 500, Exit.FAILED);
      case FOLLOW_REFUSED -> source(failure, "0A000", 422, Exit.FAILED);
      case SLOT_LOST, DRIFTED, FOLLOW_FAILED, PULL_FAILED ->
          source(failure, "58000", 502, Exit.FAILED);
    };
  }

  public static FailureCode of(StorageFailure failure) {
    return switch (failure) {
      case FUSE_UNAVAILABLE, MOUNT_FAILED, IO_ERROR -> store(failure, "58030", 500, Exit.FAILED);
      case STORE_IN_USE -> store(failure, "55006", 409, Exit.CONFLICT);
      case STORE_TOO_OLD, STORE_TOO_NEW -> store(failure, "0A000", 500, Exit.FAILED);
      case DISK_FULL -> code(failure, "53100", 507, Exit.FAILED);
      case BRANCH_UNKNOWN, SNAPSHOT_UNKNOWN -> store(failure, "58030", 500, Exit.FAILED);
    };
  }

  public static FailureCode of(ServerFailure failure) {
    return switch (failure) {
      case CONFIG_INVALID, REQUEST_INVALID -> code(failure, "22023", 400, Exit.USAGE);
      case REQUEST_TOO_LARGE -> code(failure, "54000", 413, Exit.USAGE);
      case DATA_DIRECTORY_IN_USE, PORT_IN_USE -> code(failure, "55006", 409, Exit.CONFLICT);
      case TOKEN_MISSING, TOKEN_REFUSED -> code(failure, "28000", 401, Exit.NOT_AUTHORISED);
      case HOST_REFUSED -> code(failure, "28000", 403, Exit.NOT_AUTHORISED);
      case ROUTE_NOT_FOUND, BENCHMARK_UNKNOWN -> code(failure, "42883", 404, Exit.NOT_FOUND);
      case CERTIFICATE_NOT_OURS -> code(failure, "42704", 404, Exit.NOT_FOUND);
      case CLIENT_GONE -> code(failure, "57014", 499, Exit.FAILED);
      case SERVER_NOT_RUNNING, SERVER_LOST -> code(failure, "08001", 502, Exit.FAILED);
      case DATA_DIRECTORY_UNUSABLE, TOOL_MISSING, DEMO_FAILED ->
          code(failure, "58000", 500, Exit.FAILED);
      case NOT_BUILT_YET -> code(failure, "0A000", 501, Exit.FAILED);
      case INTERNAL -> code(failure, "XX000", 500, Exit.FAILED);
    };
  }

  /** By its stable name; a name from a newer server is an internal failure to this client. */
  public static FailureCode named(String code) {
    return Stream.of(
            Arrays.stream(BranchFailure.values()).map(FailureTable::of),
            Arrays.stream(SourceFailure.values()).map(FailureTable::of),
            Arrays.stream(StorageFailure.values()).map(FailureTable::of),
            Arrays.stream(ServerFailure.values()).map(FailureTable::of),
            Stream.of(corruption()))
        .flatMap(codes -> codes)
        .filter(known -> known.code().equals(code))
        .findFirst()
        .orElseGet(() -> of(ServerFailure.INTERNAL));
  }

  /** What disk corruption is called; it has no enum, since it is an exception of its own. */
  static FailureCode corruption() {
    return new FailureCode("store_corrupt", "XX001", 500, Exit.FAILED);
  }

  private static FailureCode source(
      SourceFailure failure, String sqlState, int httpStatus, Exit exit) {
    FailureCode plain = code(failure, sqlState, httpStatus, exit);
    return new FailureCode("source_" + plain.code(), sqlState, httpStatus, exit);
  }

  private static FailureCode store(
      StorageFailure failure, String sqlState, int httpStatus, Exit exit) {
    String name = failure.name().toLowerCase(Locale.ROOT);
    String code = name.startsWith("store_") ? name : "store_" + name;
    return new FailureCode(code, sqlState, httpStatus, exit);
  }

  private static FailureCode code(Enum<?> failure, String sqlState, int httpStatus, Exit exit) {
    return new FailureCode(failure.name().toLowerCase(Locale.ROOT), sqlState, httpStatus, exit);
  }
}
