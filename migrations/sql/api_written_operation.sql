-- api.written_operation(jsonb, text, integer)
-- Part of api.make_operations: an operation of a phase as a run's plan has it, by which it is known again in another run.
-- Whether somebody has to approve it, and on what condition it is done, is no part of what it does.
CREATE FUNCTION api.written_operation(p_plan jsonb, p_phase text, p_position integer) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object('type', o -> 'type', 'name', o -> 'name', 'parameters', o -> 'parameters')
      FROM jsonb_path_query_first(
               p_plan, '$.phases[*] ? (@.code == $code).operations[$position]',
               jsonb_build_object('code', p_phase, 'position', p_position)) AS o
$$;
