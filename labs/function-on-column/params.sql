-- Twenty titles that a few tasks share, spelled as people would type them: in lower case, in capitals,
-- with a capital at each word. The order by a hash with a fixed text draws the same in every run.
SELECT CASE length(title) % 3 WHEN 0 THEN lower(title) WHEN 1 THEN upper(title) ELSE initcap(title) END
  FROM tasks
 GROUP BY title
HAVING count(*) BETWEEN 2 AND 10
 ORDER BY md5(title || ':function-on-column')
 LIMIT 20;
