-- How often each tag was given since a day: a tile of the overview.
SELECT g.id, g.name, g.colour, count(*) AS given, max(e.at) AS latest
  FROM task_events AS e
  JOIN tags AS g ON g.name = e.changes ->> 'tag'
 WHERE e.kind = $1
   AND e.at >= $2
 GROUP BY g.id
