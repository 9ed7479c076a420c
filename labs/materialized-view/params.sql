-- Every team; there are a dozen at every scale. They are drawn from the tasks, in an order by hash.
SELECT team
  FROM (SELECT DISTINCT metadata ->> 'team' AS team FROM tasks WHERE metadata ? 'team') AS teams
 ORDER BY md5(team || ':materialized-view')
 LIMIT 12;
