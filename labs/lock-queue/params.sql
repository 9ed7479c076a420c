-- Three projects with some tasks. Their ids only make the questions of the readers differ.
SELECT id AS project_id
  FROM projects
 ORDER BY md5(id || ':lock-queue')
 LIMIT 3;
