-- api.may_own(text)
-- Whether the person who asks holds the permission at least for the rows they created. Like api.may().
CREATE FUNCTION api.may_own(p_permission text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_said text := current_setting('request.jwt.claims', true);
    v_claims jsonb := api.claims();
    v_user_id uuid := v_claims ->> 'sub';
    v_claimed_id uuid := v_claims ->> 'organization';
BEGIN
    RETURN EXISTS (
        SELECT 1
        FROM public.users u
        JOIN public.organizations o ON o.id = u.organization_id
        JOIN public.claim_keys k ON k.required_from > now() OR current_setting('request.jwt.signature', true)
             = encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(v_said, 'UTF8'))), 'hex')
        WHERE u.id = v_user_id AND u.organization_id = v_claimed_id
          AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL AND o.suspended_at IS NULL
          AND (u.permissions ? p_permission OR api.role_grants(u.role) ? p_permission));
END
$$;
