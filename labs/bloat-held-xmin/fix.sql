-- Ends whoever sits in a transaction with an old snapshot, and waits until he is gone...
SELECT application_name, pg_terminate_backend(pid, 10000) AS ended
  FROM pg_stat_activity
 WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND backend_xmin IS NOT NULL
   AND pid <> pg_backend_pid();

-- ...for only then can the dead versions go. (In a lab autovacuum is off. It would have come by itself.)
VACUUM outbox;
