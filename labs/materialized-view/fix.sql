-- The answer for every team, worked out once. REFRESH ... CONCURRENTLY, which lets readers go on,
-- needs a unique index over all its rows; the same index finds a team's months.
CREATE MATERIALIZED VIEW team_months AS
SELECT metadata ->> 'team' AS team,
       date_trunc('month', completed_at AT TIME ZONE 'UTC')::date AS month,
       count(*) AS finished,
       round(avg(extract(epoch FROM completed_at - created_at) / 3600), 1) AS mean_hours,
       round((percentile_cont(0.5) WITHIN GROUP (
              ORDER BY extract(epoch FROM completed_at - created_at) / 3600))::numeric, 1) AS median_hours
  FROM tasks
 WHERE status = 'done'
   AND metadata ? 'team'
 GROUP BY 1, 2
 ORDER BY 1, 2;
CREATE UNIQUE INDEX team_months_key ON team_months (team, month);
ANALYZE team_months;

-- PostgreSQL does not keep the time of the last refresh. Whoever refreshes writes it here, and the
-- page shows it: an old figure with its time is honest, without it is a mistake.
CREATE TABLE team_months_refreshed (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    refreshed_at timestamptz NOT NULL
);
INSERT INTO team_months_refreshed (refreshed_at) VALUES (now());
