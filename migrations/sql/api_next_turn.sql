-- api.next_turn(uuid)
-- Which turn among all organizations' the next workflow of this one has; the smallest comes first. It is the one after
-- the organization's own last, and none before the turn that is walked at the moment: so who has nothing in the queue
-- comes next, however much of another waits there, and nobody saves up turns (start-time fair queueing).
CREATE FUNCTION api.next_turn(p_organization uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN least(greatest(
        (SELECT max(priority::bigint) + 1 FROM dbos.workflow_status
          WHERE queue_name = 'runs' AND status = 'ENQUEUED' AND queue_partition_key = p_organization::text),
        (SELECT max(priority::bigint) + 1 FROM dbos.workflow_status
          WHERE queue_name = 'runs' AND status = 'PENDING' AND queue_partition_key = p_organization::text),
        coalesce((SELECT max(priority) FROM dbos.workflow_status WHERE queue_name = 'runs' AND status = 'PENDING'),
                 (SELECT min(priority) FROM dbos.workflow_status WHERE queue_name = 'runs' AND status = 'ENQUEUED')),
        1), 2147483647);
END
$$;
