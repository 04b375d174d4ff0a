package dev.coppice.branches;

/** What a branch's clients may do. */
public enum Access {
  /** Reads every table. */
  READER,
  /** Reads and writes every table. */
  WRITER,
  /** Does what the owner of the source's database could; never a superuser. */
  OWNER,
  /** Everything, code execution as the engine's user included. */
  SUPERUSER
}
