-- Ten messages of one task, with the key that the table gives them.
INSERT INTO messages (task_id, body)
SELECT $1, $2 || ' ' || n FROM generate_series(1, 10) n
RETURNING task_id, body
