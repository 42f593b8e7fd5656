-- api.guard_users()
-- A person changes their own name and preferences; everything else of a person needs users.edit or users.deactivate,
-- and nothing makes an operator but the installation itself.
CREATE FUNCTION api.guard_users() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_free text[] := CASE WHEN OLD.id = auth.uid() THEN ARRAY['full_name', 'preferences', 'updated_at']
                          ELSE ARRAY['updated_at'] END;
    v_changed text[];
BEGIN
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(array_agg(n.key), '{}') INTO v_changed
      FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key)
     WHERE n.value IS DISTINCT FROM o.value AND n.key <> ALL (v_free);
    IF v_changed && ARRAY['id', 'organization_id', 'is_operator', 'created_at', 'created_by', 'last_login_at'] THEN
        RAISE EXCEPTION 'these columns of users are not a person''s to change: %', v_changed
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF 'deactivated_at' = ANY (v_changed) AND NOT api.may('users.deactivate')
       OR array_remove(v_changed, 'deactivated_at') <> '{}' AND NOT api.may('users.edit') THEN
        RAISE EXCEPTION 'changing % of users needs a permission', v_changed USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
