-- The smallest and the largest time of every 32 blocks: a few kilobytes, since the log is written in the
-- order of time. autosummarize has autovacuum add ranges as the log grows.
CREATE INDEX audit_log_at_idx ON audit_log USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
