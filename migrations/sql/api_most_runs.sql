-- api.most_runs(uuid)
-- How many runs of the organization may be under way at once: what its settings say within its tier, else the tier's
-- number, as lib/organizations/tiers.py says it too, else the installation's. Settings that are no number count for none:
-- a person may write anything there, and it is not to stop what runs.
CREATE FUNCTION api.most_runs(p_organization uuid) RETURNS integer
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(
        least(CASE WHEN jsonb_typeof(o.settings #> '{limits,concurrent_runs}') = 'number'
                   THEN least(greatest((o.settings #>> '{limits,concurrent_runs}')::numeric, 1), 1000)::integer END,
              CASE o.subscription_tier WHEN 'free' THEN 5 WHEN 'pro' THEN 50 END),
        (SELECT e.runs_per_organization FROM engine_settings e))
      FROM organizations o WHERE o.id = p_organization
$$;
