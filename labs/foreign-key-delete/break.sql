-- The child's side of a foreign key loses its index. PostgreSQL asks for none: a foreign key needs a
-- unique index on the parent, where the constraint points to, and nothing on the child.
DROP INDEX task_events_task_id_idx;
