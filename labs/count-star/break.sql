-- Every twentieth task has been deleted and no VACUUM came by since: rows are missing on most blocks,
-- identifiers have gaps, and hardly a block is marked as visible to all. Statistics are fresh.
DELETE FROM tasks WHERE id % 20 = 0;
ANALYZE tasks;
