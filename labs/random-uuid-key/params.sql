-- Twenty bodies of messages; each call writes ten messages of one task.
SELECT task_id, rpad(left(body, 80), 80) AS body
  FROM comments
 ORDER BY md5(id || ':random-uuid-key')
 LIMIT 20;
