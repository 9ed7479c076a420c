-- What is not done, by urgency: the walk down tasks_priority_idx would meet the done ones first.
CREATE INDEX tasks_open_priority_idx ON tasks (priority, id) WHERE status <> 'done';
