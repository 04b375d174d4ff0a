-- FULL or RELAXED; and the kernel's boot id under which a relaxed branch was last awake, until all of it is on disk.
ALTER TABLE branch
  ADD COLUMN durability text NOT NULL DEFAULT 'FULL',
  ADD COLUMN unsynced_boot text;
