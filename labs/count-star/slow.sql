-- The number in the header of every page, "about 95,000 tasks": two significant digits.
SELECT round(n, 2 - length(n::text)) AS about
  FROM (SELECT count(*) AS n FROM tasks) AS counted
