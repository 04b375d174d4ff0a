-- Tables that were pulled and that the publication does not hold: should one join it, it is not as
-- the source has it. Unknown for bases from before.
ALTER TABLE follow ADD COLUMN unpublished text[] NOT NULL DEFAULT '{}';
