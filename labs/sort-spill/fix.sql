-- The events in the order that the window asks for: nothing is left to sort. id makes the order
-- complete, and the index holds all that is read. On a live system: CREATE INDEX CONCURRENTLY.
CREATE INDEX task_events_at_idx ON task_events (at, id);
