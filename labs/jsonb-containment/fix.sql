-- An inverted index of the paths with their values: what @> looks up. On a live system: CREATE INDEX
-- CONCURRENTLY.
CREATE INDEX tasks_metadata_idx ON tasks USING gin (metadata jsonb_path_ops);
