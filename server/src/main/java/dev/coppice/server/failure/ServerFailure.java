package dev.coppice.server.failure;

/** The operating failures of the program itself: settings, requests, the way to the server. */
public enum ServerFailure {
  CONFIG_INVALID,
  DATA_DIRECTORY_IN_USE,
  DATA_DIRECTORY_UNUSABLE,
  PORT_IN_USE,
  SERVER_NOT_RUNNING,
  SERVER_LOST,
  TOKEN_MISSING,
  TOKEN_REFUSED,
  HOST_REFUSED,
  REQUEST_INVALID,
  REQUEST_TOO_LARGE,
  ROUTE_NOT_FOUND,
  CERTIFICATE_NOT_OURS,
  CLIENT_GONE,
  TOOL_MISSING,
  BENCHMARK_UNKNOWN,
  DEMO_FAILED,
  NOT_BUILT_YET,
  INTERNAL
}
