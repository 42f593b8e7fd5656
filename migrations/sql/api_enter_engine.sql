-- api.enter_engine(uuid)
-- The worker becomes the engine of one organization for the rest of the transaction.
CREATE FUNCTION api.enter_engine(p_organization uuid) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM set_config('role', 'engine', true), set_config('app.organization_id', p_organization::text, true);
END
$$;
