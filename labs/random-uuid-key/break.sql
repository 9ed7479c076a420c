-- A table of messages whose key is a random UUID, filled from the comments: 79 thousand of them at the
-- small scale, in an index whose leaves are all equally likely to be next. Their bodies are short and
-- of one length, so that no block of the table has a hole that a new message would fit into.
CREATE TABLE messages (
    id      uuid   NOT NULL DEFAULT gen_random_uuid(),
    task_id bigint NOT NULL,
    body    text   NOT NULL
) WITH (autovacuum_enabled = off);
INSERT INTO messages (id, task_id, body)
SELECT md5('message ' || id)::uuid, task_id, rpad(left(body, 40), 40) FROM comments ORDER BY id;
ALTER TABLE messages ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
VACUUM (ANALYZE) messages;
