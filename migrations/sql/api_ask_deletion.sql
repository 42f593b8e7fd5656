-- api.ask_deletion(boolean)
-- Whoever may edit the organization asks for its end, or takes that back while it waits, whoever has asked. Returns
-- when it ends. The last operators of the installation can't be waited away (AO003).
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
    UPDATE organizations o
       SET deletes_at = CASE WHEN p_is_wanted THEN coalesce(deletes_at, now() + api.deletion_delay()) END
     WHERE o.id = v_organization AND o.sample_made_at IS NULL
    RETURNING o.deletes_at INTO v_deletes_at;
    IF p_is_wanted AND EXISTS (SELECT 1 FROM users u WHERE u.organization_id = v_organization AND u.is_operator) THEN
        PERFORM api.keep_an_operator();
    END IF;
    RETURN v_deletes_at;
END
$$;
