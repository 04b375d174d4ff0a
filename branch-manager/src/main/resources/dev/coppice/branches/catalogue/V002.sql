-- Bytes that the branch may hold of its own; none means as many as the disk has.
ALTER TABLE branch ADD COLUMN quota_bytes bigint CHECK (quota_bytes > 0);
