-- How many messages a sender takes at once.
SELECT n::bigint AS messages FROM generate_series(1, 10) AS n ORDER BY n;
