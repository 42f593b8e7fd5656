-- api.is_kept(uuid, uuid)
-- Whether a legal hold that is open keeps what belongs to that project; without a project, what belongs to none.
-- No search_path of its own: with one, PostgreSQL would not put its body into the statement that asks.
CREATE FUNCTION api.is_kept(p_organization uuid, p_project uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (SELECT 1 FROM public.legal_holds h
                    WHERE h.organization_id = p_organization AND h.released_at IS NULL
                      AND (h.project_id IS NULL OR h.project_id = p_project))
$$;
