-- The tasks as they were.
UPDATE tasks AS t
   SET metadata = b.metadata, version = b.version
  FROM lab.before AS b
 WHERE t.id = b.id AND t.version <> b.version;
