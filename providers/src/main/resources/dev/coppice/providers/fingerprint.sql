-- What is defined on a source, one row for each object, as its catalogue has it. No function is
-- asked that waits for a lock on a table (pg_get_indexdef and its like), or that looks past the
-- session's snapshot. Left out is what changes without anybody altering anything: numbers that
-- REINDEX CONCURRENTLY gives anew, what ANALYZE, VACUUM FULL and CLUSTER note, and what follows from
-- a partitioned table's definition at each of its partitions.
--
-- "relation" is the table, view, sequence or composite type that it belongs to or is; "name" is
-- empty for the relation itself. A sequence may belong to a table.
WITH space AS MATERIALIZED (
  SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_namespace n
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL (:schemas)
), member AS MATERIALIZED (
  SELECT d.classid, d.objid FROM pg_depend d
  WHERE d.deptype = 'e' OR d.deptype = 'i' AND d.classid = 'pg_proc'::regclass
), relation AS MATERIALIZED (
  SELECT c.*, n.nspname FROM pg_class c JOIN space n ON n.oid = c.relnamespace
  WHERE c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c', 'S') AND :extent
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_class'::regclass AND objid = c.oid)
), stored AS MATERIALIZED (
  SELECT * FROM relation WHERE relkind IN ('r', 'p', 'f')
), routine AS MATERIALIZED (
  SELECT p.*, n.nspname,
         p.proname || '(' || coalesce((SELECT string_agg(t.typname, ', ' ORDER BY a.place)
                                       FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, place)
                                       JOIN pg_type t ON t.oid = a.type), '') || ')' AS name
  FROM pg_proc p JOIN space n ON n.oid = p.pronamespace
  WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
), type AS MATERIALIZED (
  SELECT t.*, n.nspname FROM pg_type t JOIN space n ON n.oid = t.typnamespace
  WHERE (t.typrelid = 0 OR EXISTS (SELECT FROM relation c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
    AND t.typcategory <> 'A' AND t.typtype <> 'm'
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_type'::regclass AND objid = t.oid)
), found (kind, schema, relation, name, definition) AS (
  SELECT 'schema', nspname, '', '', nspowner::text FROM space
  UNION ALL
  SELECT 'table', nspname, relname, '', ROW(oid, relkind, relpersistence)::text FROM stored
  UNION ALL
  SELECT 'partitioning', c.nspname, c.relname, '',
         ROW(c.reloftype, c.relpartbound, to_jsonb(p) - '{partrelid,partdefid}'::text[],
             (SELECT array_agg(i.inhparent ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid))::text
  FROM stored c LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
  WHERE c.relkind = 'p' OR c.reloftype <> 0 OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
  UNION ALL
  SELECT 'options', nspname, relname, '', ROW(relowner, relam, reloptions)::text FROM stored
  UNION ALL
  SELECT 'row security', nspname, relname, '', relforcerowsecurity::text FROM stored WHERE relrowsecurity
  UNION ALL
  SELECT 'column', c.nspname, c.relname, a.attname,
         ROW(a.attnum, a.atttypid, a.atttypmod, a.attcollation, a.attidentity, a.attgenerated,
             CASE WHEN a.attgenerated <> '' THEN d.adbin END)::text
  FROM stored c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  UNION ALL
  SELECT 'default', c.nspname, c.relname, a.attname, d.adbin::text
  FROM stored c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  UNION ALL
  SELECT 'not-null constraint', c.nspname, c.relname, a.attname, ''
  FROM stored c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
  UNION ALL
  SELECT 'constraint', c.nspname, c.relname, k.conname,
         (to_jsonb(k) - '{oid,conrelid,conindid,conparentid,coninhcount,conislocal}'::text[])::text
  FROM stored c JOIN pg_constraint k ON k.conrelid = c.oid AND k.conparentid = 0 AND k.contype IN ('c', 'f', 'p', 'u', 'x')
  UNION ALL
  SELECT 'index', c.nspname, c.relname, o.relname,
         ROW(to_jsonb(i) - '{indexrelid,indrelid,indisclustered,indisreplident,indisvalid,indcheckxmin,indisready,indislive}'::text[],
             o.relam, o.reloptions)::text
  FROM relation c JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid
  JOIN pg_class o ON o.oid = i.indexrelid AND NOT o.relispartition
  WHERE c.relkind IN ('r', 'p', 'm')
  UNION ALL
  SELECT 'trigger', c.nspname, c.relname, t.tgname,
         (to_jsonb(t) - '{oid,tgrelid,tgparentid,tgconstraint,tgconstrindid}'::text[])::text
  FROM relation c JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0
  UNION ALL
  SELECT 'policy', c.nspname, c.relname, p.polname, (to_jsonb(p) - '{oid,polrelid}'::text[])::text
  FROM stored c JOIN pg_policy p ON p.polrelid = c.oid
  UNION ALL
  SELECT 'rule', c.nspname, c.relname, r.rulename, (to_jsonb(r) - '{oid,ev_class}'::text[])::text
  FROM relation c JOIN pg_rewrite r ON r.ev_class = c.oid WHERE c.relkind NOT IN ('v', 'm')
  UNION ALL
  SELECT 'statistics', c.nspname, c.relname, s.stxname, (to_jsonb(s) - '{oid,stxrelid,stxstattarget}'::text[])::text
  FROM relation c JOIN pg_statistic_ext s ON s.stxrelid = c.oid
  UNION ALL
  SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'type' END, c.nspname, c.relname, '',
         ROW(c.relowner, c.reloptions,
             (SELECT string_agg(ROW(a.attname, a.atttypid, a.atttypmod, a.attcollation)::text, ',' ORDER BY a.attnum)
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
             (SELECT string_agg(ROW(r.rulename, r.ev_type, r.ev_enabled, r.is_instead, r.ev_qual, r.ev_action)::text, ',' ORDER BY r.rulename)
              FROM pg_rewrite r WHERE r.ev_class = c.oid))::text
  FROM relation c WHERE c.relkind IN ('v', 'm', 'c')
  UNION ALL
  SELECT 'sequence', c.nspname, coalesce(o.relname, c.relname), CASE WHEN o.oid IS NULL THEN '' ELSE c.relname END,
         ROW(c.relowner, c.relpersistence, to_jsonb(s) - 'seqrelid')::text
  FROM relation c JOIN pg_sequence s ON s.seqrelid = c.oid
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  LEFT JOIN stored o ON o.oid = d.refobjid AND o.relnamespace = c.relnamespace
  UNION ALL
  SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, p.nspname, '', p.name,
         ROW(to_jsonb(p) - '{oid,proacl,nspname,name}'::text[], to_jsonb(a) - 'aggfnoid')::text
  FROM routine p LEFT JOIN pg_aggregate a ON a.aggfnoid::oid = p.oid AND p.prokind = 'a'
  UNION ALL
  SELECT 'type', t.nspname, '', t.typname,
         ROW(to_jsonb(t) - '{oid,typarray,typacl,nspname}'::text[],
             (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
             (SELECT array_agg((to_jsonb(k) - 'oid')::text ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid),
             (SELECT to_jsonb(r) FROM pg_range r WHERE r.rngtypid = t.oid))::text
  FROM type t WHERE t.typrelid = 0
  UNION ALL
  SELECT 'operator', n.nspname, '', o.oprname || ' (' || o.oprleft || ', ' || o.oprright || ')', (to_jsonb(o) - 'oid')::text
  FROM pg_operator o JOIN space n ON n.oid = o.oprnamespace
  WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_operator'::regclass AND objid = o.oid)
  UNION ALL
  SELECT 'collation', n.nspname, '', o.collname, (to_jsonb(o) - '{oid,collversion}'::text[])::text
  FROM pg_collation o JOIN space n ON n.oid = o.collnamespace
  WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_collation'::regclass AND objid = o.oid)
  UNION ALL
  SELECT 'extension', '', '', e.extname, ROW(e.extversion, e.extnamespace)::text FROM pg_extension e
  UNION ALL
  SELECT 'event trigger', '', '', e.evtname, (to_jsonb(e) - 'oid')::text FROM pg_event_trigger e
  WHERE e.evtname !~ '^coppice_'
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_event_trigger'::regclass AND objid = e.oid)
    AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = e.evtowner AND r.rolname = ANY (:administrators))
  UNION ALL
  SELECT 'foreign server', '', '', s.srvname, (to_jsonb(s) - '{oid,srvacl}'::text[])::text FROM pg_foreign_server s
  UNION ALL
  SELECT 'grants', g.schema, g.relation, g.name, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(g.acl) a)
  FROM (SELECT nspname, '', '', nspacl FROM space
        UNION ALL
        SELECT nspname, relname, '', relacl FROM relation
        UNION ALL
        SELECT c.nspname, c.relname, a.attname, a.attacl
        FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        UNION ALL
        SELECT nspname, '', name, proacl FROM routine
        UNION ALL
        SELECT nspname, '', typname, typacl FROM type) AS g (schema, relation, name, acl)
  WHERE g.acl IS NOT NULL
  UNION ALL
  SELECT 'default grants', coalesce(n.nspname, ''), '', r.rolname || ' ' || d.defaclobjtype::text, d.defaclacl::text
  FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
)
SELECT kind, schema, relation, name,
       -- Where a word stood in its statement, which REINDEX CONCURRENTLY forgets.
       md5(CASE WHEN kind IN ('index', 'default', 'column', 'constraint', 'trigger', 'policy', 'rule', 'view',
                              'materialized view', 'type')
                THEN regexp_replace(definition, ':(location|stmt_location|stmt_len) -?[0-9]+', '', 'g')
                ELSE definition END) AS hash
FROM found LIMIT :most
