package dev.coppice.providers;

/** The operating failures of reading a source. */
public enum SourceFailure {
  URL_INVALID,
  UNREACHABLE,
  TIMED_OUT,
  AUTHENTICATION_FAILED,
  TLS_FAILED,
  DATABASE_MISSING,
  POOLER,
  PERMISSION_DENIED,
  ROW_SECURITY,
  VERSION_UNSUPPORTED,
  CLIENT_TOOLS_MISSING,
  PREFLIGHT_FAILED,
  LOCAL_DISK_FULL,
  /** The snapshot was held for longer than is allowed. */
  SNAPSHOT_TOO_OLD,
  INTERRUPTED,
  VERIFICATION_FAILED,
  PULL_FAILED,
  /** The source does not allow it to be followed. */
  FOLLOW_REFUSED,
  /** The slot is gone, or the log that it needs is. */
  SLOT_LOST,
  /** A table's definition is not what the base has. */
  DRIFTED,
  FOLLOW_FAILED
}
