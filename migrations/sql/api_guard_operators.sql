-- api.guard_operators()
-- The installation keeps an active operator, whoever changes or deletes one: also who repairs by hand, for nobody takes
-- an operator's right in any other way. Make another one first. SECURITY DEFINER because operators are of all
-- organizations.
CREATE FUNCTION api.guard_operators() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.keep_an_operator();
    RETURN NULL;
END
$$;
