-- Deploys the cache in which one request computes what has expired and the others wait for it.
UPDATE lab.switches SET value = 'single_flight' WHERE name = 'report_cache';
