-- Deploys the way in which the page and all its tags come by one statement.
UPDATE lab.switches SET value = 'joined' WHERE name = 'task_tags';
