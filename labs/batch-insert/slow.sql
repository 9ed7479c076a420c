-- One file: each of its fifty lines by a statement of its own, as a loop over the lines does. $3 is the
-- turn of the loop. Then the import looks at what it has written.
-- repeat 50
INSERT INTO imported (task_id, line, body) VALUES ($1, $3, ($2)[$3]);
SELECT line, body FROM imported WHERE task_id = $1 ORDER BY line;
