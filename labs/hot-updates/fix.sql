-- Nothing reads this index, and while it stands no update of viewed_at can be a HOT one.
DROP INDEX task_views_viewed_at_idx;

-- Leave a tenth of each block to new versions. The setting is for blocks that are filled from now on,
-- so the table is written anew. (That locks out readers and writers; see the README for live systems.)
ALTER TABLE task_views SET (fillfactor = 90);
VACUUM FULL task_views;
