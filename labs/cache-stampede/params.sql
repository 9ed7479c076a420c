-- One page of the report, which everybody asks for.
SELECT 200 AS page_limit;
