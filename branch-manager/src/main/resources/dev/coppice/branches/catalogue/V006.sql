-- The schema on the source in which statements that define something are recorded, if they are.
ALTER TABLE follow ADD COLUMN recorder text;

-- Whose server a slot is to be dropped on; empty for slots from before, whose server tells itself.
ALTER TABLE unneeded_slot ADD COLUMN provider text NOT NULL DEFAULT '';
