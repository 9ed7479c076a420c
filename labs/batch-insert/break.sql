-- Where an import puts its lines. What is broken is how it sends them.
CREATE TABLE imported (
    task_id bigint  NOT NULL REFERENCES tasks ON DELETE CASCADE,
    line    integer NOT NULL,
    body    text    NOT NULL,
    PRIMARY KEY (task_id, line)
) WITH (autovacuum_enabled = off);
