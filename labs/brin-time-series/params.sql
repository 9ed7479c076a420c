-- Days, spread over the three years, in an order that a hash with a fixed text draws.
SELECT date_trunc('day', at, 'UTC') AS day
  FROM task_events
 WHERE at >= timestamptz '2023-01-15 00:00:00+00' AND at < timestamptz '2025-12-15 00:00:00+00'
 GROUP BY 1
 ORDER BY md5(extract(epoch FROM date_trunc('day', at, 'UTC'))::bigint || ':brin-time-series')
 LIMIT 20;
