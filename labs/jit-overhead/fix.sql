-- Many short statements and no long reports: nothing here wins by compiling. New sessions take it.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
END
$$;
