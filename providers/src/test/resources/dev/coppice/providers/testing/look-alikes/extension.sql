-- Makes what lies in some schemas the members of an extension that this server does not have, as
-- its CREATE EXTENSION would have recorded it. A dump then says CREATE EXTENSION and nothing else.
SET allow_system_table_mods = on;
CREATE FUNCTION pg_temp.extension(
  called text, version text, home text, own_schemas text[], config text[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  made oid := (SELECT coalesce(max(oid::bigint), 70000) + 1 FROM pg_extension WHERE oid >= 70000);
BEGIN
  INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion, extconfig, extcondition)
  VALUES (made, called, 10, home::regnamespace, false, version,
          CASE WHEN config = '{}' THEN NULL ELSE ARRAY(SELECT c::regclass::oid FROM unnest(config) c) END,
          CASE WHEN config = '{}' THEN NULL ELSE ARRAY(SELECT '' FROM unnest(config) c) END);
  INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
  SELECT members.classid, members.objid, 0, 'pg_extension'::regclass, made, 0, 'e'
  FROM (SELECT 'pg_namespace'::regclass::oid AS classid, oid AS objid FROM pg_namespace
        WHERE nspname = ANY (own_schemas)
        UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc
        WHERE pronamespace::regnamespace::text = ANY (own_schemas)
        UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class
        WHERE relnamespace::regnamespace::text = ANY (own_schemas) AND relkind IN ('r', 'v', 'S', 'p', 'm')
        UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t
        LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE t.typnamespace::regnamespace::text = ANY (own_schemas)
          AND (t.typrelid = 0 OR c.relkind = 'c') AND t.typcategory <> 'A'
        UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
        WHERE oprnamespace::regnamespace::text = ANY (own_schemas)
        UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
        WHERE opcnamespace::regnamespace::text = ANY (own_schemas)
        UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily
        WHERE opfnamespace::regnamespace::text = ANY (own_schemas)
        UNION ALL SELECT 'pg_policy'::regclass, p.oid FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace::regnamespace::text = ANY (own_schemas)) members
  WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = members.classid
                      AND d.objid = members.objid AND d.deptype = 'e');
END $$;
