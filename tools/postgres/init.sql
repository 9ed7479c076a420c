-- init.sql - roles, database and extensions of the sandbox's PostgreSQL (15 to 18). Run once by a
-- superuser: by the entry point of the database image (docker-entrypoint-initdb.d) and by ./sandbox
-- (psql --no-psqlrc -v ON_ERROR_STOP=1 -d postgres -f tools/postgres/init.sql). Running it again
-- changes nothing but the passwords.
--
-- The password is TASKLAB_DEMO_PASSWORD or, without it, `tasklab`. It is a demo password on purpose:
-- the sandbox listens on loopback only and holds made-up data.

\set ON_ERROR_STOP on
\set password tasklab
\getenv password TASKLAB_DEMO_PASSWORD
SET client_min_messages = warning;

-- tasklab: the service, the labs and the learner. Owns its databases and creates those of the labs.
SELECT 'CREATE ROLE tasklab' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tasklab') \gexec
ALTER ROLE tasklab LOGIN CREATEDB PASSWORD :'password';
GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO tasklab;

-- exporter: statistics and nothing else.
SELECT 'CREATE ROLE exporter' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'exporter') \gexec
ALTER ROLE exporter LOGIN CONNECTION LIMIT 10 PASSWORD :'password';
ALTER ROLE exporter SET default_transaction_read_only = on;
GRANT pg_monitor TO exporter;

-- grafana: statistics and the application's tables, to read.
SELECT 'CREATE ROLE grafana' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana LOGIN CONNECTION LIMIT 10 PASSWORD :'password';
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '10s';
GRANT pg_monitor TO grafana;

SELECT 'CREATE DATABASE tasklab OWNER tasklab'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tasklab') \gexec

-- Extensions stand in template1 too, so that the databases of the labs are created with them.
\connect template1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE EXTENSION IF NOT EXISTS pg_wait_sampling;
CREATE EXTENSION IF NOT EXISTS hypopg;
GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO tasklab;
GRANT EXECUTE ON FUNCTION pg_wait_sampling_reset_profile TO tasklab;

\connect tasklab
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE EXTENSION IF NOT EXISTS pg_wait_sampling;
CREATE EXTENSION IF NOT EXISTS hypopg;
GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO tasklab;
GRANT EXECUTE ON FUNCTION pg_wait_sampling_reset_profile TO tasklab;
GRANT USAGE ON SCHEMA public TO grafana;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO grafana;
ALTER DEFAULT PRIVILEGES FOR ROLE tasklab IN SCHEMA public GRANT SELECT ON TABLES TO grafana;
