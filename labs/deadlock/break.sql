-- What the tasks of the workload are before it, for cleanup.sql and for counting: those that
-- params.sql draws.
CREATE SCHEMA lab;
CREATE TABLE lab.before AS
SELECT id, metadata, version
  FROM tasks
 WHERE status <> 'done' AND (metadata ->> 'estimate_hours')::int >= 4
 ORDER BY md5(id || ':deadlock')
 LIMIT 4;
