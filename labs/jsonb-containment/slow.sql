-- The tasks of one customer, who is named in the metadata of some of them.
SELECT id, title, status
  FROM tasks
 WHERE metadata @> jsonb_build_object('customer', $1)
 ORDER BY id
