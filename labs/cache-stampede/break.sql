-- The service keeps the report for a moment, but does not care how many compute it at once. Without
-- this index it has to look at every task to compute it: an expensive report, as they often are.
DROP INDEX tasks_project_updated_idx;
CREATE SCHEMA lab;
CREATE TABLE lab.switches (
    name  text PRIMARY KEY,
    value text NOT NULL,
    about text NOT NULL
);
INSERT INTO lab.switches VALUES
    ('report_cache', 'expiring',
     'how the report is kept for 0.4 s: off, expiring, single_flight or stale_while_revalidate');
