-- The same function as one SQL statement, declared STABLE: it only reads. Such a function is put
-- into the query that calls it, as a view is, and the query's conditions reach the table's index.
CREATE OR REPLACE FUNCTION tasks_of (project bigint) RETURNS SETOF tasks
LANGUAGE sql STABLE AS $$
    SELECT t.* FROM tasks AS t WHERE t.project_id = project
$$;
