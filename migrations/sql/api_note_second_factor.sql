-- api.note_second_factor()
-- Since when an organization requires a second factor: noted when its settings begin to say so, forgotten when they no
-- longer do. The time of grace counts from there, so nobody of the organization moves it.
CREATE FUNCTION api.note_second_factor() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_user = 'authenticated' AND NEW.second_factor_required_at IS DISTINCT FROM OLD.second_factor_required_at
    THEN
        RAISE EXCEPTION 'since when a second factor is required is nobody''s to change'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.second_factor_required_at := CASE
        WHEN NEW.settings #> '{security_settings,require_2fa}' = 'true' THEN coalesce(NEW.second_factor_required_at, now())
        END;
    RETURN NEW;
END
$$;
