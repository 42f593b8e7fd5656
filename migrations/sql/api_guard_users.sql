-- api.guard_users()
-- A person changes their own name and preferences. Role, permissions and the end of people need users.edit or
-- users.deactivate, and nobody gives, takes or ends rights beyond their own (AO002). E-mail and user name are changed by
-- sign-in's own functions only, and nothing makes an operator but the installation. An organization keeps an active
-- admin (AO001), whoever comes through a door; who repairs by hand, as a login that becomes nobody, is not held up.
CREATE FUNCTION api.guard_users() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_free text[] := CASE WHEN OLD.id = auth.uid() THEN ARRAY['full_name', 'preferences', 'updated_at']
                          ELSE ARRAY['updated_at'] END;
    v_changed text[];
    v_rights jsonb;
BEGIN
    IF current_user <> session_user AND OLD.role = 'admin' AND OLD.deactivated_at IS NULL AND OLD.deleted_at IS NULL
       AND (NEW.role <> 'admin' OR NEW.deactivated_at IS NOT NULL OR NEW.deleted_at IS NOT NULL) THEN
        PERFORM api.keep_an_admin(OLD.organization_id, OLD.id);
    END IF;
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(array_agg(n.key), '{}') INTO v_changed
      FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key)
     WHERE n.value IS DISTINCT FROM o.value AND n.key <> ALL (v_free);
    IF NOT v_changed <@ ARRAY['full_name', 'role', 'permissions', 'deactivated_at', 'deleted_at'] THEN
        RAISE EXCEPTION 'these columns of users are not a person''s to change: %', v_changed
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF 'deactivated_at' = ANY (v_changed) AND NOT api.may('users.deactivate')
       OR array_remove(v_changed, 'deactivated_at') <> '{}' AND NOT api.may('users.edit') THEN
        RAISE EXCEPTION 'changing % of users needs a permission', v_changed USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_changed && ARRAY['role', 'permissions', 'deactivated_at', 'deleted_at'] THEN
        SELECT api.rights(u.role, u.permissions) INTO v_rights FROM users u WHERE u.id = auth.uid();
        IF NOT api.covers(v_rights, api.rights(OLD.role, OLD.permissions))
           OR NOT api.covers(v_rights, api.rights(NEW.role, NEW.permissions)) THEN
            RAISE EXCEPTION 'these rights are not that person''s to give or to take' USING ERRCODE = 'AO002';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
