-- Four days in the first quarter of the history, so that nearly all of it is to be sorted.
SELECT make_timestamptz(2023, m, 1, 0, 0, 0, 'UTC') AS since
  FROM generate_series(1, 4) m
 ORDER BY m;
