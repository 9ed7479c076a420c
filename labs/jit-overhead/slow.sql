-- The tiles of the projects that somebody has pinned, a handful. The page sends their ids as one
-- text.
SELECT pinned.id,
       (SELECT p.name FROM projects AS p WHERE p.id = pinned.id) AS name,
       work.open, work.late, work.urgent, work.unassigned,
       done.finished, done.mean_hours,
       talk.comments, talk.last_comment_at
  FROM (SELECT sent.id::bigint FROM string_to_table($1, ',') AS sent (id)) AS pinned
 CROSS JOIN LATERAL (
       SELECT count(*) AS open,
              count(*) FILTER (WHERE t.due_at < t.updated_at) AS late,
              count(*) FILTER (WHERE t.priority = 3) AS urgent,
              count(*) FILTER (WHERE t.assignee_id IS NULL) AS unassigned
         FROM tasks AS t
        WHERE t.project_id = pinned.id AND t.status <> 'done') AS work
 CROSS JOIN LATERAL (
       SELECT count(*) AS finished,
              round(avg(extract(epoch FROM t.completed_at - t.created_at) / 3600), 1) AS mean_hours
         FROM tasks AS t
        WHERE t.project_id = pinned.id AND t.status = 'done') AS done
 CROSS JOIN LATERAL (
       SELECT count(*) AS comments, max(c.created_at) AS last_comment_at
         FROM tasks AS t
         JOIN comments AS c ON c.task_id = t.id
        WHERE t.project_id = pinned.id) AS talk
 ORDER BY pinned.id
