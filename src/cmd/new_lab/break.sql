-- Turns the data set into the broken state. It must do the same each time: no random(), no now().
DROP INDEX tasks_reporter_id_idx;
