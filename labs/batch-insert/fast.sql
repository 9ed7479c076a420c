-- One file: all of its lines by one statement, as one parameter.
INSERT INTO imported (task_id, line, body)
SELECT $1, line, body FROM unnest($2) WITH ORDINALITY AS file (body, line);
SELECT line, body FROM imported WHERE task_id = $1 ORDER BY line;
