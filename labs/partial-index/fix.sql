-- Only the rows that anybody looks for, in the order in which they are wanted...
CREATE INDEX deliveries_failed_idx ON deliveries (next_try_at, id) WHERE state = 'failed';

-- ...in place of an entry for each row. On a live system, both CONCURRENTLY.
DROP INDEX deliveries_state_idx;
