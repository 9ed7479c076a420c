-- Read from the materialized view, with the time that the figures are of.
SELECT m.month, m.finished, m.mean_hours, m.median_hours,
       (SELECT refreshed_at FROM team_months_refreshed) AS as_of
  FROM team_months AS m
 WHERE m.team = $1
 ORDER BY m.month
