-- Amazon RDS for PostgreSQL as its master user and a reading role see it; bootstrap role rdsadmin.
CREATE ROLE rds_ad NOLOGIN;
CREATE ROLE rds_extension NOLOGIN;
CREATE ROLE rds_iam NOLOGIN;
CREATE ROLE rds_password NOLOGIN;
CREATE ROLE rds_replication NOLOGIN;
CREATE ROLE rds_reserved NOLOGIN;
CREATE ROLE rds_superuser NOLOGIN;
CREATE ROLE rdsrepladmin NOINHERIT NOLOGIN REPLICATION;
CREATE ROLE rdstopmgr LOGIN;
GRANT pg_monitor TO rdstopmgr;
GRANT pg_monitor, pg_signal_backend, rds_replication, rds_password TO rds_superuser WITH ADMIN OPTION;
CREATE ROLE postgres LOGIN CREATEDB CREATEROLE VALID UNTIL 'infinity' PASSWORD 'master';
GRANT rds_superuser TO postgres;
CREATE DATABASE rdsadmin;
REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC;
CREATE DATABASE shop OWNER postgres;
\c shop
\ir extension.sql
GRANT ALL ON SCHEMA public TO rds_superuser;
CREATE EXTENSION pg_stat_statements;

CREATE SCHEMA aws_commons;
CREATE TYPE aws_commons._s3_uri_1 AS (bucket text, file_path text, region text);
CREATE TYPE aws_commons._lambda_function_arn_1 AS (function_name text, region text);
CREATE FUNCTION aws_commons.create_s3_uri(s3_bucket text, s3_key text, aws_region text)
  RETURNS aws_commons._s3_uri_1 LANGUAGE sql IMMUTABLE
  AS $$ SELECT ROW(s3_bucket, s3_key, aws_region)::aws_commons._s3_uri_1 $$;
SELECT pg_temp.extension('aws_commons', '1.2', 'public', '{aws_commons}');
CREATE SCHEMA aws_s3;
CREATE FUNCTION aws_s3.table_import_from_s3(
    table_name text, column_list text, options text, s3_info aws_commons._s3_uri_1, OUT rows bigint)
  LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
SELECT pg_temp.extension('aws_s3', '1.2', 'aws_s3', '{aws_s3}');
CREATE SCHEMA aws_lambda;
CREATE FUNCTION aws_lambda.invoke(
    function_name text, req_payload json, region text DEFAULT NULL,
    OUT status_code integer, OUT payload json, OUT executed_version text, OUT log_result text)
  RETURNS SETOF record LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
SELECT pg_temp.extension('aws_lambda', '1.0', 'aws_lambda', '{aws_lambda}');

GRANT USAGE ON SCHEMA aws_commons, aws_s3, aws_lambda TO rds_superuser;

SET ROLE postgres;
CREATE SCHEMA rdsdms;
CREATE TABLE rdsdms.awsdms_ddl_audit AS SELECT 1 AS c_key;
CREATE TABLE public.customer (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, picture aws_commons._s3_uri_1);
INSERT INTO public.customer (email, picture)
  SELECT 'c' || g || '@example.org', aws_commons.create_s3_uri('pictures', g || '.png', 'eu-west-1')
  FROM generate_series(1, 500) g;
CREATE TABLE public.purchase (
  id bigserial PRIMARY KEY, customer integer NOT NULL REFERENCES public.customer, cents bigint NOT NULL);
INSERT INTO public.purchase (customer, cents)
  SELECT 1 + g % 500, g FROM generate_series(1, 20000) g;
CREATE INDEX ON public.purchase (customer);
CREATE FUNCTION public.announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM aws_lambda.invoke('announce', to_json(NEW));
  RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT ON public.purchase FOR EACH ROW EXECUTE FUNCTION public.announce();
CREATE ROLE reporting LOGIN PASSWORD 'reporting' IN ROLE rds_iam;
GRANT SELECT ON public.purchase TO reporting;
RESET ROLE;
-- Stock Postgres looks at the attribute where RDS looks at rds_replication.
CREATE ROLE puller LOGIN REPLICATION PASSWORD 'puller' IN ROLE rds_replication;
GRANT USAGE ON SCHEMA public TO puller;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO puller;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO puller;
