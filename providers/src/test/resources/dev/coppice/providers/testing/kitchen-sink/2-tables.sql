-- Tables of every kind, with rows.
CREATE TABLE shop.customer (
  id bigint GENERATED ALWAYS AS IDENTITY (START 1000 INCREMENT 2) PRIMARY KEY,
  email shop.email UNIQUE,
  name text NOT NULL,
  "Mixed ""Name""" text COLLATE shop.by_bytes DEFAULT 'a''b\c',
  mood shop.mood DEFAULT 'ok',
  home shop.address,
  others shop.places,
  loyalty shop.positive,
  shouted text GENERATED ALWAYS AS (upper(name)) STORED,
  born date,
  created timestamptz(3) DEFAULT now(),
  referred_by bigint REFERENCES shop.customer DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE shop.customer OWNER TO sink_owner;
COMMENT ON TABLE shop.customer IS 'Who buys';
COMMENT ON COLUMN shop.customer.name IS 'as they wish to be called';
GRANT SELECT, INSERT (name, email), UPDATE (name) ON shop.customer TO sink_app;
GRANT SELECT ON shop.customer TO sink_group WITH GRANT OPTION;
ALTER TABLE shop.customer ALTER COLUMN name SET STATISTICS 250;
ALTER TABLE shop.customer ALTER COLUMN name SET STORAGE EXTERNAL;
ALTER TABLE shop.customer ALTER COLUMN mood SET (n_distinct = 5);
ALTER TABLE shop.customer SET (fillfactor = 71, autovacuum_vacuum_scale_factor = 0.02,
  toast.autovacuum_enabled = false);
INSERT INTO shop.customer (email, name, mood, home, others, born)
SELECT format('c%s@example.org', g), 'Customer ' || g, (enum_range(NULL::shop.mood))[1 + g % 5],
       ROW('Street "' || g || '"', g, lpad(g::text, 5, '0'), ARRAY['sad', 'meh']::shop.mood[])::shop.address,
       CASE WHEN g % 3 = 0 THEN ARRAY[ROW('a,b', 1, NULL, '{}')::shop.address] END,
       date '1950-01-01' + g % 20000
FROM generate_series(1, 20000) g;
UPDATE shop.customer SET referred_by = 1000 + (id - 1000) / 4 * 2 WHERE id % 3 = 0;
DELETE FROM shop.customer c WHERE id % 97 = 0
  AND NOT EXISTS (SELECT FROM shop.customer r WHERE r.referred_by = c.id);

CREATE TABLE shop.kinds (
  id serial PRIMARY KEY, b boolean, i2 smallint, i4 integer, i8 bigint, n numeric(30, 10),
  n_free numeric, f4 real, f8 double precision, m money, t text, v varchar(40), c char(9),
  by bytea, d date, ti time, tiz timetz, ts timestamp, tsz timestamptz, iv interval, bi bit(7),
  vb bit varying(20), u uuid, j json, jb jsonb, x xml, ip inet, net cidr, mac macaddr,
  mac8 macaddr8, p point, l line, ls lseg, bx box, pa path, po polygon, ci circle, tsv tsvector,
  tsq tsquery, ir int4range, nr numrange, dr daterange, fr shop.float_range,
  ims int4multirange, dms datemultirange, hs extensions.hstore, ct extensions.citext, lt ltree,
  cu cube, isbn isbn13, a1 integer[], a2 text[][], ae shop.mood[], oid_ oid, rc regclass,
  rt regtype, lsn pg_lsn, snap pg_snapshot, ch "char", nm name, jp jsonpath, sorted shop.sorted
);
INSERT INTO shop.kinds (b, i2, i4, i8, n, n_free, f4, f8, m, t, v, c, by, d, ti, tiz, ts, tsz, iv, bi, vb,
  u, j, jb, x, ip, net, mac, mac8, p, l, ls, bx, pa, po, ci, tsv, tsq, ir, nr, dr, fr, ims, dms, hs,
  ct, lt, cu, isbn, a1, a2, ae, oid_, rc, rt, lsn, snap, ch, nm, jp, sorted)
VALUES
 (true, -32768, 2147483647, -9223372036854775808, 12345678901234567890.0123456789, 1e-300,
  'NaN', 'Infinity', -1234567.89, E'tab\tnewline\nreturn\rbackslash\\ \\N \\. é 漢字 🦆', '', 'pad',
  '\x00ff5c0a0d09', 'infinity', '24:00', '12:34:56.789+14', '-infinity', '4713-01-01 00:00+00 BC',
  '-1 year 2 mons -3 days 04:05:06.789', B'1010101', B'', '00000000-0000-0000-0000-000000000000',
  '{"a" :  1, "a": 2}', '{"b": [1.50, null, "\u00e9\n"]}', '<a b="1">&amp;</a>', '::1/64', '10.0.0.0/8',
  '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '(1.5,-0)', '{1,2,3}', '((0,0),(1,1))', '((1,1),(0,0))',
  '[(0,0),(1,2)]', '((0,0),(1,1),(2,0))', '<(1,2),3>', 'a:1A fat:2B', 'fat & !rat', '[1,5)', '(,)',
  'empty', '[1.5,2.5]', '{[1,3),[7,9)}', '{}', 'a=>1, "b c"=>NULL', 'CaSe', 'Top.Sub', '(1,2),(3,4)',
  '978-0-393-04002-9', '[0:2]={1,NULL,3}', '{{a,"b,c"},{NULL,"\"q\""}}', '{happy,"it''s \"complicated\""}',
  4294967295, 'shop.customer', 'shop.mood', '16/B374D848', '10:20:10,14,15', 'x', 'a name',
  '$.a[*] ? (@ > 1)', 'zzz'),
 (false, 32767, -2147483648, 9223372036854775807, 'NaN', 'Infinity', '-Infinity', 'NaN', 0, '', NULL, '',
  '', '-infinity', '00:00', '00:00-12', 'infinity', 'infinity', '0', B'0000000', B'1', NULL, 'null',
  'null', '', '255.255.255.255', '::/0', NULL, NULL, NULL, NULL, NULL, NULL, '((0,0),(1,2))', NULL, NULL,
  '', '', 'empty', '[NaN,NaN]', '[2020-01-01,)', '(,)', '{(,)}', '{[2020-01-01,2020-02-01)}', '', '', '',
  '(0)', NULL, '{}', '{}', '{}', 0, '-', '-', '0/0', '1:1:', NULL, '', '$', '');
INSERT INTO shop.kinds DEFAULT VALUES;

CREATE TABLE shop.toasted (id integer PRIMARY KEY, big text, bytes bytea, doc jsonb);
ALTER TABLE shop.toasted ALTER COLUMN big SET STORAGE EXTERNAL;
ALTER TABLE shop.toasted ALTER COLUMN doc SET COMPRESSION pglz;
INSERT INTO shop.toasted
SELECT g, string_agg(md5((g * h)::text), ''), decode(string_agg(md5((g + h)::text), ''), 'hex'),
       jsonb_build_object('g', g, 'l', jsonb_agg(h))
FROM generate_series(1, 60) g, generate_series(1, 2000) h GROUP BY g;
INSERT INTO shop.toasted VALUES (1000, repeat('0123456789', 300000), NULL, NULL);

CREATE TABLE shop.no_columns ();
INSERT INTO shop.no_columns SELECT FROM generate_series(1, 23);
CREATE TABLE shop.only_generated (g integer GENERATED ALWAYS AS (40 + 2) STORED);
INSERT INTO shop.only_generated DEFAULT VALUES;
INSERT INTO shop.only_generated DEFAULT VALUES;
CREATE TABLE shop.dropped_columns (a integer, b text, c integer DEFAULT 5, d text);
INSERT INTO shop.dropped_columns SELECT g, 'b' || g, g, 'd' || g FROM generate_series(1, 500) g;
ALTER TABLE shop.dropped_columns DROP COLUMN b;
ALTER TABLE shop.dropped_columns ADD COLUMN e text NOT NULL DEFAULT 'added later';
CREATE TABLE shop.empty (a integer, b text);
CREATE TABLE shop.emptied AS SELECT g AS a FROM generate_series(1, 5000) g;
DELETE FROM shop.emptied;
CREATE UNLOGGED TABLE shop.unlogged (id integer PRIMARY KEY, t text);
INSERT INTO shop.unlogged SELECT g, 'u' || g FROM generate_series(1, 777) g;
CREATE TABLE "Mixed Case"."Ta""ble.With $%^ Signs" ("Column One" integer, "select" text, "ü✓" date);
INSERT INTO "Mixed Case"."Ta""ble.With $%^ Signs"
  SELECT g, repeat('%', g % 7), date '2020-01-01' + g FROM generate_series(1, 300) g;
ALTER TABLE "Mixed Case"."Ta""ble.With $%^ Signs" OWNER TO "Mixed Role";
CREATE TABLE "übergröße ✓"."täble" (id integer GENERATED BY DEFAULT AS IDENTITY, "naïve" text);
INSERT INTO "übergröße ✓"."täble" ("naïve") SELECT 'ñ' || g FROM generate_series(1, 50) g;
CREATE TABLE shop.typed OF shop.address (street WITH OPTIONS NOT NULL);
INSERT INTO shop.typed VALUES ('s', 1, 'z', '{ok}');

CREATE TABLE shop.base (id integer, note text CHECK (note <> 'bad'), extra integer);
CREATE TABLE shop.child (own text, CHECK (own IS NOT NULL) NO INHERIT) INHERITS (shop.base);
CREATE TABLE shop.grandchild (extra integer, more numeric) INHERITS (shop.child);
INSERT INTO shop.base SELECT g, 'base', g FROM generate_series(1, 100) g;
INSERT INTO shop.child SELECT g, 'child', g, 'o' FROM generate_series(1, 200) g;
INSERT INTO shop.grandchild SELECT g, 'grand', g, 'o', g / 3.0 FROM generate_series(1, 300) g;

CREATE TABLE shop.event (at timestamptz NOT NULL, kind text NOT NULL, id bigint NOT NULL, data jsonb,
  PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE shop.event_old PARTITION OF shop.event FOR VALUES FROM (MINVALUE) TO ('2020-01-01 UTC');
CREATE TABLE shop.event_2020 PARTITION OF shop.event
  FOR VALUES FROM ('2020-01-01 UTC') TO ('2021-01-01 UTC') PARTITION BY LIST (kind);
CREATE TABLE shop.event_2020_click PARTITION OF shop.event_2020 FOR VALUES IN ('click', 'tap');
CREATE TABLE shop.event_2020_other PARTITION OF shop.event_2020 DEFAULT PARTITION BY HASH (id);
CREATE TABLE shop.event_2020_other_0 PARTITION OF shop.event_2020_other
  FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.event_2020_other_1 PARTITION OF shop.event_2020_other
  FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.event_default PARTITION OF shop.event DEFAULT;
-- Attached, with its columns in another order.
CREATE TABLE shop.event_2021 (data jsonb, gone integer, id bigint NOT NULL, kind text NOT NULL,
  at timestamptz NOT NULL);
ALTER TABLE shop.event_2021 DROP COLUMN gone;
ALTER TABLE shop.event ATTACH PARTITION shop.event_2021
  FOR VALUES FROM ('2021-01-01 UTC') TO ('2022-01-01 UTC');
INSERT INTO shop.event
SELECT timestamptz '2019-06-01 UTC' + g * interval '1 hour', (ARRAY['click', 'tap', 'buy', 'view'])[1 + g % 4],
       g, jsonb_build_object('n', g)
FROM generate_series(1, 30000) g;
CREATE TABLE shop.hashed (k text, v integer) PARTITION BY HASH (k);
CREATE TABLE shop.hashed_0 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE shop.hashed_1 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE shop.hashed_2 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO shop.hashed SELECT 'k' || g, g FROM generate_series(1, 3000) g;

CREATE TABLE shop.large (id integer, pad text) WITH (autovacuum_enabled = false);
INSERT INTO shop.large SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 100000) g;
DELETE FROM shop.large WHERE id BETWEEN 30000 AND 45000;
UPDATE shop.large SET pad = 'short' WHERE id % 11 = 0;
