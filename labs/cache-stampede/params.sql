-- One page of the report, which everybody asks for.
SELECT 50 AS page_limit;
