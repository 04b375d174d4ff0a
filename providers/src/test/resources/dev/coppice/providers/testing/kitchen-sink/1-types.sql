-- Schemas, extensions, types, functions, operators. Runs as the superuser.
COMMENT ON DATABASE sink IS 'Everything, and the "sink" itself';
ALTER DATABASE sink SET work_mem = '7MB';
ALTER DATABASE sink SET search_path = "$user", public, "Mixed Case";
ALTER ROLE sink_app IN DATABASE sink SET statement_timeout = '45s';
REVOKE TEMPORARY ON DATABASE sink FROM PUBLIC;
GRANT TEMPORARY, CREATE ON DATABASE sink TO sink_app;

CREATE SCHEMA shop AUTHORIZATION sink_owner;
CREATE SCHEMA "Mixed Case" AUTHORIZATION "Mixed Role";
CREATE SCHEMA "übergröße ✓";
CREATE SCHEMA hidden AUTHORIZATION sink_owner;
CREATE SCHEMA bulk AUTHORIZATION sink_owner;
CREATE SCHEMA extensions;
COMMENT ON SCHEMA shop IS 'It''s a shop, with a \backslash and a
second line';
GRANT USAGE ON SCHEMA shop, bulk TO sink_app, PUBLIC;
GRANT CREATE ON SCHEMA shop TO sink_group WITH GRANT OPTION;

CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION hstore SCHEMA extensions;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION btree_gin;
CREATE EXTENSION ltree;
CREATE EXTENSION cube;
CREATE EXTENSION intarray;
CREATE EXTENSION isn;
CREATE EXTENSION unaccent;
CREATE EXTENSION "uuid-ossp";
CREATE EXTENSION pgcrypto;
CREATE EXTENSION tablefunc;
CREATE EXTENSION fuzzystrmatch;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION file_fdw;
COMMENT ON EXTENSION hstore IS 'our own words about hstore';

CREATE COLLATION shop.by_bytes (provider = libc, locale = 'C');
CREATE COLLATION shop.german_phonebook (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION shop.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON COLLATION shop.no_case IS 'case does not count';

CREATE TYPE shop.mood AS ENUM ('sad', 'ok', 'happy', 'it''s "complicated"');
ALTER TYPE shop.mood ADD VALUE 'meh' BEFORE 'ok';
ALTER TYPE shop.mood OWNER TO sink_owner;
CREATE TYPE shop.address AS (street text, "Number" integer, zip varchar(12), moods shop.mood[]);
COMMENT ON COLUMN shop.address."Number" IS 'of the house';
CREATE DOMAIN shop.positive AS integer DEFAULT 1 NOT NULL CONSTRAINT over_zero CHECK (VALUE > 0);
CREATE DOMAIN shop.email AS extensions.citext CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE DOMAIN shop.places AS shop.address[];
CREATE DOMAIN shop.sorted AS text COLLATE "C";
CREATE TYPE shop.float_range AS RANGE (subtype = float8, subtype_diff = float8mi,
  multirange_type_name = shop.float_ranges);
CREATE TYPE shop.undefined_yet;
GRANT USAGE ON TYPE shop.mood TO sink_app;
REVOKE USAGE ON TYPE shop.address FROM PUBLIC;

CREATE FUNCTION shop.add(a integer, b integer DEFAULT 2) RETURNS integer
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 AS 'SELECT a + b';
CREATE FUNCTION shop.standard_body(a integer) RETURNS integer LANGUAGE sql
  BEGIN ATOMIC; SELECT a * shop.add(a, 1); END;
CREATE FUNCTION shop.full_name(first text, VARIADIC rest text[]) RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = shop, pg_temp SET work_mem = '9MB'
  AS $body$ BEGIN RETURN first || ' ' || array_to_string(rest, ' '); END $body$;
CREATE FUNCTION shop.pairs(n integer, OUT i integer, OUT square bigint) RETURNS SETOF record
  LANGUAGE sql ROWS 12 AS $$ SELECT g, g::bigint * g FROM generate_series(1, n) g $$;
CREATE FUNCTION shop.table_of(t regclass) RETURNS TABLE (name text, type regtype)
  LANGUAGE sql AS $$ SELECT attname::text, atttypid::regtype FROM pg_attribute
                     WHERE attrelid = t AND attnum > 0 $$;
CREATE FUNCTION shop.any_of(VARIADIC anyarray) RETURNS anyelement
  LANGUAGE sql IMMUTABLE AS 'SELECT $1[1]';
CREATE PROCEDURE shop.bump(INOUT counter integer) LANGUAGE plpgsql
  AS $$ BEGIN counter := counter + 1; END $$;
COMMENT ON PROCEDURE shop.bump(integer) IS 'bumps';
ALTER FUNCTION shop.add(integer, integer) OWNER TO sink_owner;
REVOKE EXECUTE ON FUNCTION shop.full_name(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shop.full_name(text, text[]) TO sink_app WITH GRANT OPTION;

CREATE FUNCTION shop.mood_distance(a shop.mood, b shop.mood) RETURNS integer
  LANGUAGE sql IMMUTABLE AS $$ SELECT abs(array_position(enum_range(NULL::shop.mood), a)
    - array_position(enum_range(NULL::shop.mood), b)) $$;
CREATE OPERATOR shop.<-> (LEFTARG = shop.mood, RIGHTARG = shop.mood,
  FUNCTION = shop.mood_distance, COMMUTATOR = OPERATOR(shop.<->));
COMMENT ON OPERATOR shop.<-> (shop.mood, shop.mood) IS 'distance of moods';
CREATE FUNCTION shop.mod_cmp(integer, integer) RETURNS integer
  LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($1 % 10, $2 % 10)';
CREATE FUNCTION shop.mod_eq(integer, integer) RETURNS boolean
  LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 10 = $2 % 10';
CREATE OPERATOR shop.=%= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = shop.mod_eq);
CREATE OPERATOR FAMILY shop.mod_family USING btree;
CREATE OPERATOR CLASS shop.mod_ops FOR TYPE integer USING btree FAMILY shop.mod_family AS
  OPERATOR 3 shop.=%=, FUNCTION 1 shop.mod_cmp(integer, integer);
CREATE FUNCTION shop.mood_to_int(shop.mood) RETURNS integer LANGUAGE sql IMMUTABLE
  AS $$ SELECT array_position(enum_range(NULL::shop.mood), $1) $$;
CREATE CAST (shop.mood AS integer) WITH FUNCTION shop.mood_to_int(shop.mood) AS ASSIGNMENT;

CREATE FUNCTION shop.longest_step(text, text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT CASE WHEN length($2) > length(coalesce($1, '')) THEN $2 ELSE $1 END $$;
CREATE AGGREGATE shop.longest(text) (SFUNC = shop.longest_step, STYPE = text);
CREATE AGGREGATE shop.percentile(float8 ORDER BY anyelement) (
  SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final,
  FINALFUNC_EXTRA);
COMMENT ON AGGREGATE shop.longest(text) IS 'the longest';

CREATE TEXT SEARCH DICTIONARY shop.plain (TEMPLATE = simple, stopwords = english);
CREATE TEXT SEARCH CONFIGURATION shop.words (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION shop.words ALTER MAPPING FOR asciiword WITH shop.plain, english_stem;

CREATE SEQUENCE shop.free_sequence AS bigint START 100 INCREMENT 7 MINVALUE 5 CACHE 3;
CREATE SEQUENCE shop.downwards INCREMENT -3 MINVALUE -1000 MAXVALUE 10 START 10 CYCLE;
CREATE SEQUENCE shop.never_used;
CREATE SEQUENCE "übergröße ✓"."Sé""quence" AS smallint MAXVALUE 300;
SELECT nextval('shop.free_sequence') FROM generate_series(1, 5);
SELECT nextval('shop.downwards') FROM generate_series(1, 400);
SELECT setval('"übergröße ✓"."Sé""quence"', 17, false);
GRANT USAGE ON SEQUENCE shop.free_sequence TO sink_app;
