-- api.keep_an_operator()
-- Refuse (AO003) what has left the installation without an operator; asked after the change. Two who bring each other
-- down at once, also from two organizations, go one after the other; the second looks again, which only READ COMMITTED
-- does.
CREATE FUNCTION api.keep_an_operator() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'operators are taken away under READ COMMITTED only' USING ERRCODE = 'AO003';
    END IF;
    PERFORM pg_advisory_xact_lock(4716);
    IF NOT EXISTS (SELECT 1 FROM api.operators()) THEN
        RAISE EXCEPTION 'nobody else runs this installation' USING ERRCODE = 'AO003';
    END IF;
END
$$;
