-- The longest pause in the history since a day: each event looks back at the one before it.
SELECT max(gap) AS longest_pause, count(*) AS events
  FROM (SELECT at - lag(at) OVER (ORDER BY at, id) AS gap
          FROM task_events
         WHERE at >= $1) gaps
