-- api.claim_export()
-- Takes the export that waits longest for a worker, and holds it for as long as this session lives: a worker that is
-- killed lets go at once, and the next one begins anew. What was asked for is written, but for an organization that is
-- suspended or has ended; what its person has no use for any more, what is older than it is kept, and what failed long
-- ago is removed, whatever its organization is. With it comes who the person is at this moment, as api.claim_schedule
-- has it; that they see only what they made stays written beside the file.
CREATE FUNCTION api.claim_export()
RETURNS TABLE (export_id uuid, organization_id uuid, status text, kind text, query text, format text, store text,
               user_id uuid, role text, permissions jsonb, full_name text, email text, username text,
               organization_name text, organization_slug text, is_sample boolean, sees_own_only boolean,
               is_there boolean, lacks_second_factor boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_id uuid;
    v_export export_jobs;
BEGIN
    FOR v_id IN
        SELECT j.id FROM export_jobs j JOIN organizations o ON o.id = j.organization_id
         WHERE j.next_at <= now()
           AND (j.status NOT IN ('asked', 'making') OR (o.deleted_at IS NULL AND o.suspended_at IS NULL))
         ORDER BY j.next_at
    LOOP
        CONTINUE WHEN NOT pg_try_advisory_lock(api.export_key(v_id));
        -- whoever held it a moment ago may have done it
        UPDATE export_jobs j
           SET status = CASE WHEN j.status IN ('asked', 'making') THEN 'making' ELSE 'removing' END,
               saw_own_only = CASE WHEN j.status IN ('asked', 'making')
                   THEN api.is_own_only(u.role, o.settings) ELSE j.saw_own_only END
          FROM users u JOIN organizations o ON o.id = u.organization_id
         WHERE j.id = v_id AND j.next_at <= now() AND u.id = j.user_id
        RETURNING j.* INTO v_export;
        IF FOUND THEN
            RETURN QUERY
            SELECT v_export.id, v_export.organization_id, v_export.status::text, v_export.kind::text, v_export.query,
                   v_export.format::text, v_export.store::text, u.id, u.role::text, u.permissions,
                   coalesce(u.full_name, u.username)::text, u.email::text, u.username::text, o.name::text,
                   o.slug::text, o.sample_made_at IS NOT NULL, v_export.saw_own_only IS TRUE,
                   u.deactivated_at IS NULL AND u.deleted_at IS NULL, api.lacks_second_factor(u.id)
              FROM users u JOIN organizations o ON o.id = u.organization_id
             WHERE u.id = v_export.user_id;
            RETURN;
        END IF;
        PERFORM pg_advisory_unlock(api.export_key(v_id));
    END LOOP;
END
$$;
