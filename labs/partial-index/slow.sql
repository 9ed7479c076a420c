-- What the worker asks every second: failed deliveries that are due, the longest overdue first.
SELECT id, task_id, attempts, target
  FROM deliveries
 WHERE state = 'failed' AND next_try_at <= $1
 ORDER BY next_try_at, id
 LIMIT 20
