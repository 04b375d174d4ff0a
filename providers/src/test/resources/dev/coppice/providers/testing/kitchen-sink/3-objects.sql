-- Constraints, indexes, views, triggers, policies, grants and the rest.
CREATE TABLE shop.orders (
  id bigserial PRIMARY KEY, customer bigint NOT NULL, total numeric(12, 2) NOT NULL DEFAULT 0,
  during tstzrange, room integer, note text,
  CONSTRAINT total_not_negative CHECK (total >= 0),
  CONSTRAINT customer_exists FOREIGN KEY (customer) REFERENCES shop.customer
    ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE,
  CONSTRAINT room_free EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0)
    DEFERRABLE INITIALLY IMMEDIATE);
INSERT INTO shop.orders (customer, total, during, room)
SELECT 1000 + 2 * (g % 40), g / 7.0, tstzrange(timestamptz 'epoch' + g * interval '2 days',
       timestamptz 'epoch' + g * interval '2 days' + interval '1 day'), g % 50
FROM generate_series(1, 8000) g;
CREATE TABLE shop.cycle_a (id integer PRIMARY KEY, b integer UNIQUE);
CREATE TABLE shop.cycle_b (id integer PRIMARY KEY, a integer REFERENCES shop.cycle_a);
INSERT INTO shop.cycle_a VALUES (1, 1), (2, 2);
INSERT INTO shop.cycle_b VALUES (1, 1), (2, 2);
ALTER TABLE shop.cycle_a ADD CONSTRAINT back FOREIGN KEY (b) REFERENCES shop.cycle_b
  DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE shop.unchecked (a integer);
INSERT INTO shop.unchecked VALUES (-1), (5);
ALTER TABLE shop.unchecked ADD CONSTRAINT later CHECK (a > 0) NOT VALID;
ALTER TABLE shop.unchecked ADD CONSTRAINT nowhere FOREIGN KEY (a) REFERENCES shop.cycle_a NOT VALID;
COMMENT ON CONSTRAINT later ON shop.unchecked IS 'not yet';

CREATE INDEX orders_note ON shop.orders (lower(note) text_pattern_ops, total DESC NULLS LAST);
CREATE INDEX orders_partial ON shop.orders (customer) INCLUDE (total) WHERE total > 100;
CREATE INDEX orders_brin ON shop.orders USING brin (id) WITH (pages_per_range = 16);
CREATE INDEX orders_hash ON shop.orders USING hash (customer);
CREATE UNIQUE INDEX no_two_nulls ON shop.dropped_columns (a, e) NULLS NOT DISTINCT;
ALTER INDEX shop.orders_note ALTER COLUMN 1 SET STATISTICS 500;
CREATE INDEX customer_trgm ON shop.customer USING gin (name gin_trgm_ops);
CREATE INDEX customer_mod ON shop.dropped_columns (a shop.mod_ops);
CREATE INDEX kinds_json ON shop.kinds USING gin (jb jsonb_path_ops);
CREATE INDEX kinds_tsv ON shop.kinds USING gist (tsv);
CREATE INDEX event_kind ON shop.event (kind);
CREATE INDEX only_top ON ONLY shop.hashed (v);
COMMENT ON INDEX shop.orders_hash IS 'hashed';
ALTER TABLE shop.customer CLUSTER ON customer_pkey;
ALTER TABLE shop.orders REPLICA IDENTITY FULL;
ALTER TABLE shop.empty REPLICA IDENTITY NOTHING;
ALTER TABLE shop.cycle_b ALTER COLUMN a SET NOT NULL;
CREATE UNIQUE INDEX cycle_b_a ON shop.cycle_b (a);
ALTER TABLE shop.cycle_b REPLICA IDENTITY USING INDEX cycle_b_a;
CREATE STATISTICS shop.orders_stats (ndistinct, dependencies, mcv) ON customer, room FROM shop.orders;
CREATE STATISTICS shop.orders_expression ON (total * 2), (lower(note)) FROM shop.orders;
ALTER STATISTICS shop.orders_stats SET STATISTICS 300;
COMMENT ON STATISTICS shop.orders_stats IS 'they go together';

CREATE VIEW shop.big_orders AS SELECT id, customer, total FROM shop.orders WHERE total > 500
  WITH CASCADED CHECK OPTION;
CREATE VIEW shop.barrier WITH (security_barrier, security_invoker) AS SELECT * FROM shop.big_orders;
CREATE RECURSIVE VIEW shop.tree (id, depth) AS
  SELECT id, 0 FROM shop.customer WHERE referred_by IS NULL
  UNION ALL SELECT c.id, t.depth + 1 FROM shop.customer c JOIN tree t ON c.referred_by = t.id
    WHERE t.depth < 3;
CREATE VIEW shop.by_key AS SELECT c.*, count(o.id) AS orders
  FROM shop.customer c LEFT JOIN shop.orders o ON o.customer = c.id GROUP BY c.id;
ALTER VIEW shop.big_orders ALTER COLUMN total SET DEFAULT 501;
COMMENT ON VIEW shop.barrier IS 'a barrier';
GRANT SELECT ON shop.orders TO sink_owner;
CREATE MATERIALIZED VIEW shop.b_totals AS
  SELECT customer, sum(total) AS total FROM shop.orders GROUP BY customer;
CREATE VIEW shop.between_views AS SELECT * FROM shop.b_totals WHERE total > 10;
CREATE MATERIALIZED VIEW shop.a_ranked AS
  SELECT customer, total, rank() OVER (ORDER BY total DESC, customer) FROM shop.between_views;
CREATE UNIQUE INDEX a_ranked_customer ON shop.a_ranked (customer);
CREATE MATERIALIZED VIEW shop.by_primary_key AS
  SELECT c.*, 1 AS one FROM shop.customer c JOIN shop.orders o ON o.customer = c.id GROUP BY c.id;
CREATE MATERIALIZED VIEW shop.not_filled AS SELECT 1 AS one WITH NO DATA;
ALTER MATERIALIZED VIEW shop.b_totals OWNER TO sink_owner;

CREATE TABLE shop.audit (at timestamptz, what text, who name);
CREATE FUNCTION shop.log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.audit VALUES (now(), TG_OP || ' ' || TG_TABLE_NAME || ' ' || TG_ARGV[0], current_user);
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER each_row AFTER INSERT OR DELETE OR UPDATE OF total, note ON shop.orders FOR EACH ROW
  WHEN (pg_trigger_depth() < 3) EXECUTE FUNCTION shop.log_change('it''s', '\x', 'zwölf');
CREATE TRIGGER whole_statement BEFORE TRUNCATE ON shop.orders EXECUTE FUNCTION shop.log_change('t');
CREATE TRIGGER transition AFTER UPDATE ON shop.customer REFERENCING OLD TABLE AS before
  NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION shop.log_change('x');
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON shop.cycle_a DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION shop.log_change('late');
CREATE TRIGGER on_partitions BEFORE INSERT ON shop.event FOR EACH ROW
  EXECUTE FUNCTION shop.log_change('p');
CREATE TRIGGER instead INSTEAD OF DELETE ON shop.big_orders FOR EACH ROW
  EXECUTE FUNCTION shop.log_change('i');
ALTER TABLE shop.orders DISABLE TRIGGER whole_statement;
ALTER TABLE shop.cycle_a ENABLE ALWAYS TRIGGER late;
ALTER TABLE shop.customer ENABLE REPLICA TRIGGER transition;
COMMENT ON TRIGGER each_row ON shop.orders IS 'tells';
CREATE RULE protect AS ON DELETE TO shop.unlogged DO INSTEAD NOTHING;
CREATE RULE copy_insert AS ON INSERT TO shop.cycle_a WHERE NEW.id > 100
  DO ALSO INSERT INTO shop.audit VALUES (now(), 'rule', NULL);
CREATE FUNCTION shop.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;
CREATE EVENT TRIGGER watch_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE')
  EXECUTE FUNCTION shop.on_ddl();
ALTER EVENT TRIGGER watch_ddl ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER watch_ddl IS 'watches';

CREATE TABLE shop.secret (id integer PRIMARY KEY, owner name, t text);
INSERT INTO shop.secret SELECT g, 'sink_app', 's' || g FROM generate_series(1, 60) g;
ALTER TABLE shop.secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON shop.secret USING (owner = current_user) WITH CHECK (owner = current_user);
CREATE POLICY restrict ON shop.secret AS RESTRICTIVE FOR SELECT TO sink_app, sink_group USING (id < 50);
COMMENT ON POLICY mine ON shop.secret IS 'mine';
GRANT ALL ON shop.secret TO sink_app;

CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.invalid', dbname 'x');
ALTER SERVER elsewhere OWNER TO sink_owner;
CREATE FOREIGN TABLE shop.remote (id integer NOT NULL, t text OPTIONS (column_name 'T')) SERVER elsewhere
  OPTIONS (schema_name 'public');
CREATE USER MAPPING FOR sink_app SERVER elsewhere OPTIONS (user 'u', password 'must not travel');
CREATE PUBLICATION some_tables FOR TABLE shop.orders;

ALTER DEFAULT PRIVILEGES FOR ROLE sink_owner IN SCHEMA shop GRANT SELECT ON TABLES TO sink_app;
ALTER DEFAULT PRIVILEGES FOR ROLE sink_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE "Mixed Role" GRANT USAGE ON SEQUENCES TO sink_group WITH GRANT OPTION;

SELECT lo_from_bytea(70001, convert_to('small and larger', 'UTF8'));
SELECT lo_from_bytea(70002, '');
SELECT lo_from_bytea(70003, decode(repeat('00ff10', 3000000), 'hex'));
ALTER LARGE OBJECT 70001 OWNER TO sink_owner;
GRANT SELECT ON LARGE OBJECT 70001, 70002, 70003 TO sink_group;
GRANT UPDATE ON LARGE OBJECT 70002 TO sink_app WITH GRANT OPTION;
COMMENT ON LARGE OBJECT 70001 IS 'it''s small';
