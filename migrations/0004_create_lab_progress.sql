-- What the service remembers of the labs: how far a learner is with each, and which are active now.

CREATE TABLE lab_progress (
    slug       text        PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    hints      smallint    NOT NULL DEFAULT 0 CHECK (hints BETWEEN 0 AND 3),
    checks     integer     NOT NULL DEFAULT 0 CHECK (checks >= 0),
    best_score smallint    CHECK (best_score BETWEEN 0 AND 100),
    solved_at  timestamptz
);
COMMENT ON COLUMN lab_progress.started_at IS 'the last time it was started';
COMMENT ON COLUMN lab_progress.hints IS 'taken since then';
COMMENT ON COLUMN lab_progress.solved_at IS 'when a check first reached the pass mark';

-- A row here is a lab that has been started and not yet reset; it outlives whoever started it.
-- settings holds the server's own settings as they were then: a learner may not leave them changed.
CREATE TABLE lab_sessions (
    slug       text        PRIMARY KEY,
    scale      text        NOT NULL CHECK (scale IN ('small', 'medium', 'large')),
    database   text        NOT NULL UNIQUE,
    started_at timestamptz NOT NULL DEFAULT now(),
    beside     boolean     NOT NULL DEFAULT false,
    settings   jsonb       NOT NULL CHECK (jsonb_typeof(settings) = 'object')
);
-- One at a time, apart from those that were asked to stand beside it.
CREATE UNIQUE INDEX lab_sessions_one ON lab_sessions (beside) WHERE NOT beside;

ALTER TABLE lab_runs
    ADD COLUMN kind  text NOT NULL DEFAULT 'run' CHECK (kind IN ('run', 'check', 'verify')),
    ADD COLUMN score smallint CHECK (score BETWEEN 0 AND 100);
