-- The service's switches for this lab: the page of tasks fetches the tags of each task by a statement
-- of its own, as an object-relational mapper does that loads lazily.
CREATE SCHEMA lab;
CREATE TABLE lab.switches (
    name  text PRIMARY KEY,
    value text NOT NULL,
    about text NOT NULL
);
INSERT INTO lab.switches VALUES
    ('task_tags', 'per_task', 'how a page of tasks gets its tags: joined, batched or per_task');
