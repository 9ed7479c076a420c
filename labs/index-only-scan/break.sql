-- An edit to every twentieth task, as a busy week makes them: 5 % of the rows, and so a row on nearly
-- every block. Autovacuum waits for 20 %.
UPDATE tasks SET version = version + 1 WHERE id % 20 = 7;
