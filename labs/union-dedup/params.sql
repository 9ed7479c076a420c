-- Four years that begin with different months of the data's three: a third of the rows each, at
-- every scale.
SELECT first AS since, first + interval '1 year' AS until
  FROM generate_series('2023-01-01 00:00:00+00'::timestamptz, '2025-01-01 00:00:00+00', '1 month') AS first
 ORDER BY md5(extract(epoch FROM first) || ':union-dedup')
 LIMIT 4;
