-- "The tasks of a project" in one place, so that nobody has to know the table. In PL/pgSQL, as most
-- functions are.
CREATE FUNCTION tasks_of (project bigint) RETURNS SETOF tasks
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT t.* FROM tasks AS t WHERE t.project_id = project;
END
$$;
