-- What one team finished, month by month: the chart on top of the page "insights". The median is
-- what people ask for, and cannot be put together from smaller medians.
SELECT date_trunc('month', completed_at AT TIME ZONE 'UTC')::date AS month,
       count(*) AS finished,
       round(avg(extract(epoch FROM completed_at - created_at) / 3600), 1) AS mean_hours,
       round((percentile_cont(0.5) WITHIN GROUP (
              ORDER BY extract(epoch FROM completed_at - created_at) / 3600))::numeric, 1) AS median_hours
  FROM tasks
 WHERE status = 'done'
   AND metadata ->> 'team' = $1
 GROUP BY 1
 ORDER BY 1
