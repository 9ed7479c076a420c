-- Both lock both rows first, and in the same order: that of the key. Whoever comes second waits for
-- the first row and has none that the other could be waiting for. After that the order of the
-- updates does not matter.
-- session one
BEGIN;
SELECT id FROM tasks WHERE id IN ($1, $2) ORDER BY id FOR UPDATE;
-- barrier
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int - 1)),
       version = version + 1
 WHERE id = $1;
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int + 1)),
       version = version + 1
 WHERE id = $2;
COMMIT;

-- session two
BEGIN;
SELECT id FROM tasks WHERE id IN ($1, $2) ORDER BY id FOR UPDATE;
-- barrier
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int - 3)),
       version = version + 1
 WHERE id = $2;
UPDATE tasks
   SET metadata = jsonb_set(metadata, '{estimate_hours}', to_jsonb((metadata ->> 'estimate_hours')::int + 3)),
       version = version + 1
 WHERE id = $1;
COMMIT;

-- The hours of both together, which no move changes.
-- session page
SELECT sum((metadata ->> 'estimate_hours')::int) AS hours FROM tasks WHERE id IN ($1, $2);
