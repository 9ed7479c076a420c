-- Where a task was reported from: a country, its city, its office. There is one office in each city
-- and one city in each country, so each of the three columns says what the other two say.
CREATE TABLE task_sites (
    task_id bigint PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
    country text NOT NULL,
    city    text NOT NULL,
    office  text NOT NULL
);
INSERT INTO task_sites (task_id, country, city, office)
SELECT t.id, site.country, site.city, site.office
  FROM tasks AS t
  JOIN (VALUES (0, 'Brazil', 'Recife', 'REC-1'), (1, 'Canada', 'Halifax', 'HAL-1'),
               (2, 'Chile', 'Valdivia', 'VAL-1'), (3, 'Estonia', 'Tartu', 'TAR-1'),
               (4, 'Ghana', 'Kumasi', 'KUM-1'), (5, 'India', 'Pune', 'PUN-1'),
               (6, 'Japan', 'Sendai', 'SEN-1'), (7, 'Kenya', 'Kisumu', 'KIS-1'),
               (8, 'Norway', 'Bergen', 'BER-1'), (9, 'Poland', 'Gdynia', 'GDY-1'),
               (10, 'Spain', 'Gijon', 'GIJ-1'), (11, 'Vietnam', 'Hue', 'HUE-1'))
       AS site (number, country, city, office) ON site.number = t.id * 7 % 12
 ORDER BY t.id;
CREATE INDEX task_sites_place_idx ON task_sites (country, city, office);
VACUUM (ANALYZE) task_sites;
