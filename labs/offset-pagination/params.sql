-- Twenty deep pages, from a fifth of the way to the end: the offset of each, and the row before it,
-- which a client that came by way of the page before has on its screen. On each page the date changes.
SELECT page.row_number AS "offset", page.due_at, page.id
  FROM (SELECT id, due_at, row_number() OVER by_date, lead(due_at, 20) OVER by_date AS last_due_at, count(*) OVER ()
          FROM tasks
         WHERE due_at IS NOT NULL
        WINDOW by_date AS (ORDER BY due_at, id)) AS page
 WHERE page.row_number % 20 = 0
   AND page.last_due_at > page.due_at
   AND page.row_number > page.count / 5
   AND page.row_number < page.count - 20
 ORDER BY md5(page.row_number || ':offset-pagination')
 LIMIT 20;
