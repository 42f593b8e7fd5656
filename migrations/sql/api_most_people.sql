-- api.most_people(text)
-- How many people an organization of that tier has room for, as lib/organizations/tiers.py says it too; NULL has no end.
CREATE FUNCTION api.most_people(p_tier text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT CASE p_tier WHEN 'free' THEN 25 WHEN 'pro' THEN 250 END $$;
