-- PlanetScale for Postgres as its default role sees it; bootstrap role pscale_admin.
CREATE ROLE pscale_superuser NOLOGIN;
CREATE ROLE pscale_exporter LOGIN;
CREATE ROLE pscale_pgbouncer LOGIN;
GRANT pg_read_all_data, pg_write_all_data, pg_read_all_settings, pg_read_all_stats, pg_stat_scan_tables, pg_monitor,
  pg_signal_backend, pg_checkpoint TO pscale_superuser WITH ADMIN OPTION;
CREATE ROLE "pspostgres.br4nch1d" LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS PASSWORD 'pscale_pw_secret';
GRANT pscale_superuser TO "pspostgres.br4nch1d";
CREATE DATABASE pscale_admin;
CREATE DATABASE pscale_exporter;
CREATE DATABASE pscale_pgbouncer;
REVOKE ALL ON DATABASE pscale_admin, pscale_exporter, pscale_pgbouncer FROM PUBLIC;
CREATE DATABASE shop OWNER "pspostgres.br4nch1d";
\c shop
\ir extension.sql
CREATE SCHEMA pginsights;
CREATE FUNCTION pginsights.samples() RETURNS SETOF text LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE VIEW pginsights.latest AS SELECT * FROM pginsights.samples();
SELECT pg_temp.extension('pginsights', '1.0', 'pginsights', '{pginsights}');
CREATE SCHEMA pscale_utils;
CREATE FUNCTION pscale_utils.branch() RETURNS text STABLE LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
SELECT pg_temp.extension('pg_pscale_utils', '1.0', 'pscale_utils', '{pscale_utils}');
SELECT pg_temp.extension('pgextwlist', '1.17', 'public', '{}');
SET ROLE "pspostgres.br4nch1d";
CREATE SCHEMA shop;
CREATE TABLE shop.item (id bigserial PRIMARY KEY, name text NOT NULL, cents bigint NOT NULL);
INSERT INTO shop.item (name, cents) SELECT 'item ' || g, g FROM generate_series(1, 20000) g;
CREATE INDEX ON shop.item (name);
CREATE TABLE shop.stock (item bigint PRIMARY KEY REFERENCES shop.item, pieces integer NOT NULL);
INSERT INTO shop.stock SELECT id, id % 100 FROM shop.item;
RESET ROLE;
