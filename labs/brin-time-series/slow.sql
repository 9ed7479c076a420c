-- What happened on one day.
SELECT kind, count(*) AS events, count(DISTINCT task_id) AS tasks
  FROM audit_log
 WHERE at >= $1 AND at < $1 + interval '1 day'
 GROUP BY kind
 ORDER BY kind
