-- The parameter rows: column n is $n of slow.sql, with exactly its type. Always the same rows in the
-- same order; here twenty people who have reported few tasks.
SELECT reporter_id
  FROM tasks
 GROUP BY reporter_id
 ORDER BY count(*), md5(reporter_id::text)
 LIMIT 20;
