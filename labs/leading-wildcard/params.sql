-- Twenty pieces of rare words: the customers' names that end some titles, without their first letter
-- and at most six letters long, as somebody types who remembers half of a name.
SELECT substr(word, 2, 6)
  FROM (SELECT lower(substring(title FROM '[^ ]+$')) AS word FROM tasks) AS words
 WHERE length(word) >= 7
 GROUP BY word
HAVING count(*) <= 2
 ORDER BY md5(word || ':leading-wildcard')
 LIMIT 20;
