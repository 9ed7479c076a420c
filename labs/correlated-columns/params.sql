-- All twelve offices, in an order that is the same in every run.
SELECT country, city, office
  FROM task_sites
 GROUP BY country, city, office
 ORDER BY md5(office || ':correlated-columns')
 LIMIT 12;
