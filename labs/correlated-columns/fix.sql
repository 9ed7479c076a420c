-- Tells the planner that the three columns belong together; ANALYZE then counts how.
CREATE STATISTICS task_sites_place (dependencies, mcv) ON country, city, office FROM task_sites;
ANALYZE task_sites;
