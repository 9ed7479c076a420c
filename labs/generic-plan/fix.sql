-- Plan each call with its own values. New sessions of the database take it; open ones do not, so on a
-- live system the pool's connections have to be renewed (or SET it in each).
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET plan_cache_mode = force_custom_plan', current_database());
END
$$;
