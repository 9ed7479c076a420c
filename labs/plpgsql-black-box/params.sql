-- Three weeks of each of the six largest projects. The weeks are fixed, the projects come from the
-- data.
SELECT p.project_id, w.since, w.since + interval '7 days' AS until
  FROM (SELECT project_id FROM tasks GROUP BY project_id ORDER BY count(*) DESC, project_id LIMIT 6) AS p,
       (VALUES ('2023-09-04 00:00:00+00'::timestamptz), ('2024-05-06 00:00:00+00'), ('2025-03-10 00:00:00+00'))
           AS w (since)
 ORDER BY md5(p.project_id || ':' || extract(epoch FROM w.since));
