-- Somebody read that LIKE needs an index with text_pattern_ops. It does, for LIKE 'word%'.
CREATE INDEX tasks_title_pattern_idx ON tasks (lower(title) text_pattern_ops);
ANALYZE tasks;
