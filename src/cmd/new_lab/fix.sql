-- What mends it. A lab whose lesson is another statement has fast.sql, instead of this or beside it.
CREATE INDEX tasks_reporter_id_idx ON tasks (reporter_id);
