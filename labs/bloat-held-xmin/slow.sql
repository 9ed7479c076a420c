-- What the sender asks, many times a second: the oldest messages that wait.
SELECT id, task_id, subject
  FROM outbox
 ORDER BY id
 LIMIT $1
