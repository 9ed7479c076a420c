-- Two people at once: one moves an hour of the estimate from a task to another, the other moves
-- three hours back. Each takes where there is some and then puts it where it belongs. (The barrier
-- is the moment in which both have done the first half. It comes by itself, when there are enough
-- people.)
-- session one
BEGIN;
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int - 1)),
       version = version + 1
 WHERE id = $1;
-- barrier
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int + 1)),
       version = version + 1
 WHERE id = $2;
COMMIT;

-- session two
BEGIN;
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int - 3)),
       version = version + 1
 WHERE id = $2;
-- barrier
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int + 3)),
       version = version + 1
 WHERE id = $1;
COMMIT;

-- The hours of both together, which no move changes.
-- session page
SELECT sum((metadata ->> 'estimate_hours')::int) AS hours FROM tasks WHERE id IN ($1, $2);
