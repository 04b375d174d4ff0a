-- What was defined on a source that is followed, as far as its base has it; none where what is
-- defined is recorded, and for bases from before until it is read for the first time.
CREATE TABLE fingerprint (
  source uuid PRIMARY KEY REFERENCES follow ON DELETE CASCADE,
  since timestamptz NOT NULL,
  definitions text[] NOT NULL
);
