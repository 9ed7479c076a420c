-- Where the nightly import puts a batch before it is checked. Autovacuum comes sooner or later on a
-- real system; here it is off, so that what each night leaves behind stays to be counted.
CREATE TABLE import_rows (
    id       bigint      PRIMARY KEY,
    task_id  bigint      NOT NULL,
    actor_id bigint,
    kind     text        NOT NULL CHECK (kind <> ''),
    at       timestamptz NOT NULL
) WITH (autovacuum_enabled = off);
