-- The twelve sites that break.sql knows, always in this order.
SELECT country::text, city::text, office::text
  FROM (VALUES ('Kenya', 'Kisumu', 'KIS-1'), ('Spain', 'Gijon', 'GIJ-1'), ('Chile', 'Valdivia', 'VAL-1'),
               ('India', 'Pune', 'PUN-1'), ('Norway', 'Bergen', 'BER-1'), ('Ghana', 'Kumasi', 'KUM-1'),
               ('Japan', 'Sendai', 'SEN-1'), ('Brazil', 'Recife', 'REC-1'), ('Poland', 'Gdynia', 'GDY-1'),
               ('Canada', 'Halifax', 'HAL-1'), ('Estonia', 'Tartu', 'TAR-1'), ('Vietnam', 'Hue', 'HUE-1'))
       AS site (country, city, office);
