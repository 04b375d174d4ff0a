-- Sources and branches share one namespace. Deleting a name deletes what it stands for.
CREATE TABLE taken_name (
  name text PRIMARY KEY
);

CREATE TABLE source (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE REFERENCES taken_name ON DELETE CASCADE,
  sealed_url bytea NOT NULL,
  address text NOT NULL,
  state text NOT NULL CHECK (state IN ('PULLING', 'READY', 'FAILED')),
  detail text NOT NULL,
  provider text NOT NULL,
  version text NOT NULL,
  database_name text NOT NULL,
  owner text NOT NULL,
  owner_was_superuser boolean NOT NULL,
  source_bytes bigint NOT NULL,
  engine_major integer NOT NULL,
  engine_bin text NOT NULL,
  base uuid,
  tables bigint NOT NULL,
  rows bigint NOT NULL,
  lsn text,
  pulled_at timestamptz
);

CREATE TABLE source_setting (
  source uuid NOT NULL REFERENCES source ON DELETE CASCADE,
  name text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (source, name)
);

CREATE TABLE fidelity_note (
  source uuid NOT NULL REFERENCES source ON DELETE CASCADE,
  position integer NOT NULL,
  kind text NOT NULL,
  object text NOT NULL,
  action text NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (source, position)
);

-- The owner is a source or a branch, and a branch may be gone while its children need the snapshot.
CREATE TABLE snapshot (
  id uuid PRIMARY KEY,
  owner uuid NOT NULL,
  owner_name text NOT NULL,
  name text NOT NULL,
  source uuid NOT NULL REFERENCES source ON DELETE CASCADE,
  taken_at timestamptz NOT NULL,
  kept boolean NOT NULL,
  UNIQUE (owner, name)
);

CREATE TABLE branch (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE REFERENCES taken_name ON DELETE CASCADE,
  store uuid NOT NULL UNIQUE,
  source uuid NOT NULL REFERENCES source,
  snapshot uuid NOT NULL REFERENCES snapshot,
  lineage text[] NOT NULL,
  access text NOT NULL CHECK (access IN ('READER', 'WRITER', 'OWNER', 'SUPERUSER')),
  role text NOT NULL,
  sealed_password bytea NOT NULL,
  verifier text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz
);

CREATE INDEX branch_snapshot ON branch (snapshot);
