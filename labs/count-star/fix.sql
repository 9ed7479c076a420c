-- A table that knows the number, kept right by triggers. One row would make every writer wait for
-- the one before until that one commits, so there are sixteen, and a session adds to one of them.
BEGIN;

-- Nobody may write between the count and the first trigger. Readers may read.
LOCK TABLE tasks IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE task_totals (
    slot  smallint PRIMARY KEY,
    tasks bigint   NOT NULL
) WITH (fillfactor = 50);
INSERT INTO task_totals (slot, tasks)
SELECT slot, CASE slot WHEN 0 THEN (SELECT count(*) FROM tasks) ELSE 0 END
  FROM generate_series(0, 15) AS slot;

-- Once a statement, not once a row: a load of a million rows adds a million once.
CREATE FUNCTION task_totals_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    n bigint := (SELECT count(*) FROM changed);
BEGIN
    IF n > 0 THEN
        UPDATE task_totals
           SET tasks = tasks + CASE TG_OP WHEN 'INSERT' THEN n ELSE -n END
         WHERE slot = pg_backend_pid() % 16;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION task_totals_clear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE task_totals SET tasks = 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER task_totals_insert AFTER INSERT ON tasks REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION task_totals_follow();
CREATE TRIGGER task_totals_delete AFTER DELETE ON tasks REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION task_totals_follow();
CREATE TRIGGER task_totals_truncate AFTER TRUNCATE ON tasks
    FOR EACH STATEMENT EXECUTE FUNCTION task_totals_clear();

COMMIT;
