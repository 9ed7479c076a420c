-- The search by title, as it was first built: an index on the title as it is written.
CREATE INDEX tasks_title_idx ON tasks (title);
