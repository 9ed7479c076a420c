-- The service makes a connection for each statement, and the database takes 8 of them at once. The
-- limit of the database stands for max_connections of the server: the same error, without harm to
-- the neighbours.
CREATE SCHEMA lab;
CREATE TABLE lab.switches (
    name  text PRIMARY KEY,
    value text NOT NULL,
    about text NOT NULL
);
INSERT INTO lab.switches VALUES
    ('connections', 'per_request', 'where a statement gets its connection: pooled or per_request');
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 8', current_database()); END $$;
