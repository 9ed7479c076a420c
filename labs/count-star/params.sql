-- There is nothing to ask for: the statement counts everything. The table's name is here for a
-- rewrite that asks the catalogue about it.
SELECT 'tasks' AS relation;
