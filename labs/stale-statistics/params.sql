-- The new kind of event, and ten days of the data's first half year, always the same.
SELECT 'tagged'::text AS kind,
       timestamptz '2023-01-01 00:00:00+00' + make_interval(days => 18 * n) AS since
  FROM generate_series(0, 9) AS n
 ORDER BY n;
