-- What `tasklab seed` filled this database with. At most one row; written in the transaction that
-- holds the rows themselves, so a row here means that the data is whole.

CREATE TABLE seed_state (
    singleton   boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    scale       text        NOT NULL CHECK (scale IN ('small', 'medium', 'large')),
    seed        bigint      NOT NULL,
    generator   integer     NOT NULL,
    filled_at   timestamptz NOT NULL DEFAULT now(),
    vacuumed_at timestamptz
);
COMMENT ON COLUMN seed_state.generator IS 'version of the generator: a higher one makes other rows';
COMMENT ON COLUMN seed_state.vacuumed_at IS 'null until VACUUM ANALYZE followed the fill';
