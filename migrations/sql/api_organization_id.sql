-- api.organization_id()
-- The organization of the person who asks; NULL, and so no row, when the claims are not signed, name nobody, somebody of
-- another organization, or somebody who was deactivated or deleted, or whose organization was, or is suspended. SECURITY DEFINER because
-- the policy of `users` asks it: the specification's own form would recurse. The policies ask it once a statement and
-- table, so it reads the claims once, and in PL/pgSQL, which keeps its plans.
-- The claims also say whether the person sees only what they made; claims that are wrong about that are nobody's.
CREATE FUNCTION api.organization_id() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_said text := current_setting('request.jwt.claims', true);
    v_claims jsonb := api.claims();
    v_user_id uuid := v_claims ->> 'sub';
    v_claimed_id uuid := v_claims ->> 'organization';
    v_organization_id uuid;
BEGIN
    SELECT u.organization_id INTO v_organization_id
    FROM public.users u
    JOIN public.organizations o ON o.id = u.organization_id
    JOIN public.claim_keys k ON k.required_from > now() OR current_setting('request.jwt.signature', true)
         = encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(v_said, 'UTF8'))), 'hex')
    WHERE u.id = v_user_id AND u.organization_id = v_claimed_id
      AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL AND o.suspended_at IS NULL
      AND (v_claims ? 'own_only') = api.is_own_only(u.role, o.settings);
    RETURN v_organization_id;
END
$$;
