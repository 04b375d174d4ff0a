-- A Supabase project as its role postgres sees it; bootstrap role supabase_admin.
CREATE ROLE postgres LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS PASSWORD 'project';
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE service_role NOLOGIN BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'authenticator';
CREATE ROLE dashboard_user NOLOGIN CREATEDB CREATEROLE REPLICATION;
CREATE ROLE supabase_auth_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_storage_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_functions_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_realtime_admin NOLOGIN;
CREATE ROLE supabase_read_only_user LOGIN BYPASSRLS;
CREATE ROLE supabase_replication_admin LOGIN REPLICATION;
CREATE ROLE supabase_etl_admin LOGIN REPLICATION;
CREATE ROLE pgbouncer LOGIN;
CREATE ROLE pgtle_admin NOLOGIN;
GRANT pg_read_all_data TO supabase_read_only_user;
GRANT anon, authenticated, service_role TO authenticator;
GRANT anon, authenticated, authenticator, service_role, pg_monitor, pg_read_all_data, pg_signal_backend
  TO postgres WITH ADMIN OPTION;
GRANT pgtle_admin TO postgres;
ALTER ROLE authenticator SET session_preload_libraries = 'safeupdate';
ALTER ROLE authenticator SET statement_timeout = '8s';
ALTER ROLE anon SET statement_timeout = '3s';
ALTER ROLE supabase_auth_admin SET search_path = 'auth';
CREATE DATABASE project OWNER postgres;
\c project
\ir extension.sql
ALTER DATABASE project SET "app.settings.jwt_exp" = '3600';
GRANT ALL ON SCHEMA public TO postgres;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE EXTENSION "uuid-ossp" SCHEMA extensions;
CREATE EXTENSION pg_stat_statements SCHEMA extensions;

CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role, postgres;
SET ROLE supabase_auth_admin;
CREATE TYPE auth.aal_level AS ENUM ('aal1', 'aal2', 'aal3');
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role') $$;
CREATE TABLE auth.users (
  instance_id uuid, id uuid PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255),
  encrypted_password varchar(255), confirmed_at timestamptz GENERATED ALWAYS AS (email_confirmed_at) STORED,
  email_confirmed_at timestamptz, raw_user_meta_data jsonb, is_anonymous boolean NOT NULL DEFAULT false);
CREATE TABLE auth.sessions (
  id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE, aal auth.aal_level, ip inet);
CREATE TABLE auth.refresh_tokens (
  id bigserial PRIMARY KEY, token varchar(255) UNIQUE, session_id uuid REFERENCES auth.sessions ON DELETE CASCADE);
CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.schema_migrations ENABLE ROW LEVEL SECURITY;
INSERT INTO auth.users (id, email, role, email_confirmed_at)
  SELECT ('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid, 'u' || g || '@example.org', 'authenticated', '2026-01-01'
  FROM generate_series(1, 200) g;
INSERT INTO auth.sessions (id, user_id, aal) SELECT id, id, 'aal1' FROM auth.users;
INSERT INTO auth.refresh_tokens (token, session_id) SELECT 'token-' || id, id FROM auth.sessions;
GRANT ALL ON auth.users, auth.sessions, auth.refresh_tokens TO postgres, dashboard_user;
GRANT ALL ON SEQUENCE auth.refresh_tokens_id_seq TO postgres, dashboard_user;
INSERT INTO auth.schema_migrations VALUES ('20250101000000');
RESET ROLE;

CREATE SCHEMA storage AUTHORIZATION supabase_storage_admin;
GRANT USAGE ON SCHEMA storage TO anon, authenticated, service_role, postgres;
SET ROLE supabase_storage_admin;
CREATE TABLE storage.migrations (id integer PRIMARY KEY, name varchar(100) UNIQUE);
CREATE TABLE storage.buckets (id text PRIMARY KEY, name text NOT NULL UNIQUE, public boolean DEFAULT false);
CREATE TABLE storage.objects (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), bucket_id text REFERENCES storage.buckets, name text, owner uuid,
  metadata jsonb, path_tokens text[] GENERATED ALWAYS AS (string_to_array(name, '/')) STORED);
CREATE FUNCTION storage.protect_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' THEN
    RAISE EXCEPTION 'Direct deletion from storage tables is not allowed.' USING ERRCODE = '42501';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER protect_objects_delete BEFORE DELETE ON storage.objects
  FOR EACH STATEMENT EXECUTE FUNCTION storage.protect_delete();
ALTER TABLE storage.migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
GRANT ALL ON storage.objects, storage.buckets TO anon, authenticated, service_role, postgres;
INSERT INTO storage.migrations VALUES (0, 'create-migrations-table');
INSERT INTO storage.buckets VALUES ('avatars', 'avatars', true);
INSERT INTO storage.objects (bucket_id, name) SELECT 'avatars', 'folder/' || g FROM generate_series(1, 50) g;
RESET ROLE;

CREATE SCHEMA realtime AUTHORIZATION supabase_realtime_admin;
CREATE TABLE realtime.schema_migrations (version bigint PRIMARY KEY);
CREATE TABLE realtime.messages (topic text, inserted_at timestamp NOT NULL) PARTITION BY RANGE (inserted_at);
ALTER TABLE realtime.messages OWNER TO supabase_realtime_admin;
CREATE SCHEMA supabase_migrations;
ALTER SCHEMA supabase_migrations OWNER TO postgres;
CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[]);
ALTER TABLE supabase_migrations.schema_migrations OWNER TO postgres;

CREATE SCHEMA net;
CREATE UNLOGGED TABLE net.http_request_queue (
  id bigserial, method text NOT NULL, url text NOT NULL, headers jsonb, body bytea, timeout_milliseconds integer);
CREATE UNLOGGED TABLE net._http_response (id bigint, status_code integer, content text, created timestamptz DEFAULT now());
CREATE TYPE net.request_status AS ENUM ('PENDING', 'SUCCESS', 'ERROR');
CREATE DOMAIN net.http_method AS text CHECK (VALUE ILIKE 'get' OR VALUE ILIKE 'post' OR VALUE ILIKE 'delete');
CREATE FUNCTION net.wake() RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE FUNCTION net._urlencode_string(string varchar) RETURNS text STRICT IMMUTABLE
  LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', headers jsonb DEFAULT '{}',
    timeout_milliseconds integer DEFAULT 5000)
  RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE request bigint;
BEGIN
  INSERT INTO net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  VALUES ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds) RETURNING id INTO request;
  PERFORM net.wake();
  RETURN request;
END $$;
SELECT pg_temp.extension('pg_net', '0.14.0', 'extensions', '{net}');
INSERT INTO net._http_response VALUES (1, 200, 'an answer with a secret');

CREATE SCHEMA cron;
CREATE TABLE cron.job (
  jobid bigserial PRIMARY KEY, schedule text NOT NULL, command text NOT NULL, username text NOT NULL DEFAULT current_user,
  active boolean NOT NULL DEFAULT true);
CREATE TABLE cron.job_run_details (jobid bigint, runid bigserial PRIMARY KEY, status text);
ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_policy ON cron.job USING (username = current_user);
CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint
  LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
SELECT pg_temp.extension('pg_cron', '1.6.4', 'pg_catalog', '{cron}', '{cron.job,cron.job_jobid_seq}');
GRANT USAGE ON SCHEMA cron TO postgres;
GRANT ALL ON cron.job TO postgres;
INSERT INTO cron.job (schedule, command) VALUES ('* * * * *', 'SELECT net.http_post(''https://example.org'')');

CREATE SCHEMA vault;
CREATE TABLE vault.secrets (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, secret text NOT NULL);
CREATE FUNCTION vault._crypto_aead_det_decrypt(message bytea, additional bytea, key_id bigint) RETURNS bytea
  STABLE LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE VIEW vault.decrypted_secrets AS
  SELECT id, name, secret, convert_from(vault._crypto_aead_det_decrypt(decode(secret, 'base64'), '', 0), 'utf8') AS decrypted_secret
  FROM vault.secrets;
SELECT pg_temp.extension('supabase_vault', '0.3.1', 'vault', '{vault}', '{vault.secrets}');
GRANT USAGE ON SCHEMA vault TO postgres, service_role;
GRANT SELECT, DELETE ON vault.secrets, vault.decrypted_secrets TO postgres, service_role;
INSERT INTO vault.secrets (name, secret) VALUES ('api-key', 'c2VjcmV0');

CREATE SCHEMA graphql;
CREATE SEQUENCE graphql.seq_schema_version CYCLE;
CREATE FUNCTION graphql.resolve(query text, variables jsonb DEFAULT '{}') RETURNS jsonb
  LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
SELECT pg_temp.extension('pg_graphql', '1.5.11', 'graphql', '{graphql}');
CREATE SCHEMA graphql_public;
CREATE FUNCTION graphql_public.graphql(query text, variables jsonb DEFAULT NULL) RETURNS jsonb
  LANGUAGE sql AS $$ SELECT graphql.resolve(query, coalesce(variables, '{}')) $$;

CREATE SCHEMA supabase_functions AUTHORIZATION supabase_admin;
GRANT USAGE ON SCHEMA supabase_functions TO postgres, anon, authenticated, service_role;
CREATE TABLE supabase_functions.migrations (version text PRIMARY KEY);
CREATE TABLE supabase_functions.hooks (id bigserial PRIMARY KEY, hook_name text NOT NULL, request_id bigint);
ALTER TABLE supabase_functions.hooks OWNER TO supabase_functions_admin;
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM net.http_post(TG_ARGV[0], to_jsonb(NEW), TG_ARGV[2]::jsonb, TG_ARGV[4]::integer);
  RETURN NEW;
END $$;
ALTER FUNCTION supabase_functions.http_request() OWNER TO supabase_functions_admin;

SET ROLE postgres;
CREATE TABLE public.todos (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, owner uuid NOT NULL REFERENCES auth.users, task text NOT NULL);
ALTER TABLE public.todos ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.todos TO authenticated USING (auth.uid() = owner) WITH CHECK (auth.uid() = owner);
GRANT ALL ON public.todos TO anon, authenticated, service_role;
INSERT INTO public.todos (owner, task)
  SELECT ('00000000-0000-0000-0000-' || lpad((1 + g % 200)::text, 12, '0'))::uuid, 'task ' || g FROM generate_series(1, 4000) g;
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO public.todos (owner, task) VALUES (NEW.id, 'welcome');
  RETURN NEW;
END $$;
CREATE TABLE public.ddl_log (at timestamptz DEFAULT now(), tag text);
CREATE FUNCTION public.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.ddl_log (tag) VALUES (tg_tag); END $$;
RESET ROLE;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO postgres, anon, authenticated;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users
  FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
CREATE TRIGGER "notify service" AFTER INSERT OR UPDATE ON public.todos FOR EACH ROW
  EXECUTE FUNCTION supabase_functions.http_request('https://hooks.example.org/todo?key=hidden-key', 'POST',
    '{"Content-type":"application/json","Authorization":"Bearer eyJhbGciOiJIUzI1NiJ9.service.role"}', '{}', '1000');
CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN NOTIFY pgrst, 'reload schema'; END $$;
CREATE FUNCTION extensions.grant_pg_net_access() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN NULL; END $$;
CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
CREATE EVENT TRIGGER issue_pg_net_access ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION')
  EXECUTE FUNCTION extensions.grant_pg_net_access();
CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION public.log_ddl();
-- As the host's own extension lets its customers: an event trigger that is no superuser's.
UPDATE pg_event_trigger SET evtowner = 'postgres'::regrole WHERE evtname = 'log_ddl';
CREATE PUBLICATION supabase_realtime FOR TABLE public.todos;
