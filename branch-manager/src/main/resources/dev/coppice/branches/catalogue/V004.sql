-- What keeps a base in step with its source; no row where the source was pulled once.
CREATE TABLE follow (
  source uuid PRIMARY KEY REFERENCES source ON DELETE CASCADE,
  slot text NOT NULL,
  publication text NOT NULL,
  start_lsn text NOT NULL,
  left_out text[] NOT NULL
);

-- Slots on sources that are to be dropped there, until they are.
CREATE TABLE unneeded_slot (
  slot text PRIMARY KEY,
  sealed_url bytea NOT NULL
);

-- The source's position and time that a snapshot of its base stands for.
ALTER TABLE snapshot
  ADD COLUMN source_lsn text,
  ADD COLUMN source_time timestamptz;
