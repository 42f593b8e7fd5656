-- api.end_password_links()
-- Whose rights change, or who is deactivated, has no link for a new password any more: whoever was handed it might not
-- have been given one to the person that they are now.
CREATE FUNCTION api.end_password_links() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE user_tokens SET used_at = now() WHERE user_id = NEW.id AND kind = 'password_reset' AND used_at IS NULL;
    RETURN NULL;
END
$$;
