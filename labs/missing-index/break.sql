-- Takes away the index that serves "assigned to me". tasks_open_assignee_idx begins with assignee_id
-- too, but holds open tasks only, so all that is left is to read the whole table.
DROP INDEX tasks_assignee_id_idx;
