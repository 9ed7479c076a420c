-- Deploys the pool: a few connections that stay, and a queue in front of them.
UPDATE lab.switches SET value = 'pooled' WHERE name = 'connections';
