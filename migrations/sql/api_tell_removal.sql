-- api.tell_removal(retention_progress)
-- Part of api.expire: one entry of the trail says what went of runs or usage on that day, if anything did. Of the trail
-- itself each batch has its own, with the seals that it went by.
CREATE FUNCTION api.tell_removal(p_state retention_progress) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT api.write_audit(p_state.organization_id, 'retention.remove', 'retention', NULL, '{}',
                           jsonb_build_object('kind', p_state.kind, 'before', p_state.before) || p_state.removed)
     WHERE p_state.removed <> '{}' AND p_state.kind <> 'audit'
$$;
