-- What a pull may ask of the source, also one that is made anew; 0 for no limit.
ALTER TABLE source
  ADD COLUMN pull_connections integer NOT NULL DEFAULT 2,
  ADD COLUMN pull_rate_bytes bigint NOT NULL DEFAULT 0,
  ADD COLUMN pull_snapshot_millis bigint NOT NULL DEFAULT 86400000,
  ADD COLUMN pull_replica_only boolean NOT NULL DEFAULT false,
  ADD COLUMN pull_stub_types boolean NOT NULL DEFAULT false;
