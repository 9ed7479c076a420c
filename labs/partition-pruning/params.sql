-- The months of 2025, as their beginnings.
SELECT make_timestamptz(2025, m, 1, 0, 0, 0, 'UTC') AS month
  FROM generate_series(1, 12) m
 ORDER BY m;
