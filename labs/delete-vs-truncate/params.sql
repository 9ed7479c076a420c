-- Five batches of 20,000 events each; that many there are at every scale.
SELECT (n * 20000)::bigint AS after_id, ((n + 1) * 20000)::bigint AS last_id
  FROM generate_series(0, 9) AS n
 ORDER BY md5(n || ':delete-vs-truncate')
 LIMIT 5;
