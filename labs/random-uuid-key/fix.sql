-- A key that begins with the time in milliseconds, and is random behind it: UUID version 7 (RFC 9562,
-- section 5.7). PostgreSQL 18 has uuidv7(); this is the same in SQL.
CREATE FUNCTION ordered_uuid() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (substr(ms, 1, 8) || '-' || substr(ms, 9, 4) || '-7' || substr(random, 16))::uuid
      FROM (SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS ms,
                   gen_random_uuid()::text AS random) parts
$$;
ALTER TABLE messages ALTER COLUMN id SET DEFAULT ordered_uuid();
