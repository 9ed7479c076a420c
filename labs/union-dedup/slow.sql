-- What happened in a year: the head of the page "activity".
SELECT count(*) FILTER (WHERE source = 'change') AS changes,
       count(*) FILTER (WHERE source = 'comment') AS comments,
       count(*) FILTER (WHERE source = 'attention') AS attention,
       max(at) AS last_at
  FROM activity
 WHERE at >= $1
   AND at < $2
