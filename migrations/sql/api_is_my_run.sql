-- api.is_my_run(uuid)
-- Whether the person who asks has launched the run. SECURITY DEFINER because policies of a run's parts ask it, and the
-- policies of `orchestration_runs` ask those parts.
CREATE FUNCTION api.is_my_run(p_run uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT EXISTS (SELECT 1 FROM orchestration_runs WHERE id = p_run AND user_id = api.person_id()) $$;
