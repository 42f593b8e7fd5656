-- api.ask_deletion(boolean)
-- Whoever may edit the organization asks for its end, or takes that back while it waits, whoever has asked. Returns
-- when it ends. The last operator of the installation can't be waited away.
CREATE FUNCTION api.ask_deletion(p_is_wanted boolean) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid := api.organization_id();
    v_deletes_at timestamptz;
BEGIN
    IF v_organization IS NULL OR NOT api.may('organization.edit') THEN
        RAISE EXCEPTION 'the end of an organization needs organization.edit' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_is_wanted AND EXISTS (SELECT 1 FROM users u WHERE u.organization_id = v_organization AND u.is_operator)
       AND NOT EXISTS (
           SELECT 1 FROM users u JOIN organizations o ON o.id = u.organization_id
            WHERE u.is_operator AND u.organization_id <> v_organization AND u.deactivated_at IS NULL
              AND u.deleted_at IS NULL AND o.deleted_at IS NULL AND o.suspended_at IS NULL)
    THEN
        RAISE EXCEPTION 'nobody else runs this installation'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organizations_last_operator';
    END IF;
    UPDATE organizations o
       SET deletes_at = CASE WHEN p_is_wanted THEN coalesce(deletes_at, now() + api.deletion_delay()) END
     WHERE o.id = v_organization AND o.sample_made_at IS NULL
    RETURNING o.deletes_at INTO v_deletes_at;
    RETURN v_deletes_at;
END
$$;
