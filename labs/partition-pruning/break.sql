-- A year of the history as a partitioned table, a partition a month, the way such tables are made to
-- stay fast while they grow. What is broken is the statement.
CREATE TABLE events (
    id       bigint      NOT NULL,
    task_id  bigint      NOT NULL,
    actor_id bigint,
    kind     text        NOT NULL,
    at       timestamptz NOT NULL
) PARTITION BY RANGE (at);
DO $$
DECLARE
    month timestamptz;
BEGIN
    FOR m IN 1..12 LOOP
        month := make_timestamptz(2025, m, 1, 0, 0, 0, 'UTC');
        EXECUTE format('CREATE TABLE events_2025_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)'
                       ' WITH (autovacuum_enabled = off)',
                       to_char(m, 'FM00'), month, make_timestamptz(2025 + m / 12, m % 12 + 1, 1, 0, 0, 0, 'UTC'));
    END LOOP;
END $$;
INSERT INTO events
SELECT id, task_id, actor_id, kind, at
  FROM task_events
 WHERE at >= '2025-01-01 00:00:00+00' AND at < '2026-01-01 00:00:00+00'
 ORDER BY at, id;
CREATE INDEX events_at_idx ON events (at);
VACUUM (ANALYZE) events;
