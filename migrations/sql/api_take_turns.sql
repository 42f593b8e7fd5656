-- api.take_turns(uuid, uuid, integer, integer)
-- Take up to so many calls of a connection's limit and return how many were granted, and after how many milliseconds the
-- next one is: exact over all workers, because the row is locked between reading and writing, and the clock is read with
-- the lock in hand. GCRA (ITU-T I.371): `next_at` is when the calls so far would all have been spread out. What may
-- come at once is a second's share, and the rest is spread so that no minute, wherever it begins, holds more than the
-- limit. A clock that was set back costs nobody more than a turn.
CREATE FUNCTION api.take_turns(p_organization uuid, p_connection uuid, p_per_minute integer, p_calls integer,
                               OUT granted integer, OUT wait_ms integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_burst integer := greatest(p_per_minute / 60, 1);
    v_gap interval := interval '1 minute' / (p_per_minute - v_burst + 1);
    v_stored timestamptz;
    v_next timestamptz;
    v_now timestamptz;
BEGIN
    INSERT INTO connection_turns (connection_id, organization_id, next_at)
    VALUES (p_connection, p_organization, clock_timestamp())
    ON CONFLICT DO NOTHING;
    SELECT next_at INTO STRICT v_stored FROM connection_turns
     WHERE connection_id = p_connection AND organization_id = p_organization FOR NO KEY UPDATE;
    v_now := clock_timestamp();
    v_next := greatest(least(v_stored, v_now + v_gap * v_burst), v_now);
    granted := least(p_calls, floor(extract(epoch FROM v_now + v_gap * v_burst - v_next) / extract(epoch FROM v_gap)));
    wait_ms := 0;
    v_next := v_next + v_gap * granted;
    IF granted > 0 OR v_next < v_stored THEN
        UPDATE connection_turns SET next_at = v_next WHERE connection_id = p_connection AND organization_id = p_organization;
    END IF;
    IF granted < p_calls THEN
        wait_ms := greatest(ceil(extract(epoch FROM v_next - v_gap * (v_burst - 1) - v_now) * 1000), 1);
    END IF;
END
$$;
