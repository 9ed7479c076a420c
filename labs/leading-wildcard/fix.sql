-- Every three letters in a row become a key of the index. pg_trgm is a trusted extension: the owner of a
-- database may create it. On a live system: CREATE INDEX CONCURRENTLY.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX tasks_title_trgm_idx ON tasks USING gin (lower(title) gin_trgm_ops);
