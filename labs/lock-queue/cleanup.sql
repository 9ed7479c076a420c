-- The table as it was: the next migration finds it without the column.
ALTER TABLE tasks DROP COLUMN IF EXISTS reviewed_at;
