-- api.sum_up_usage(uuid, timestamptz, timestamptz, text[])
-- One organization's calls from a moment to another, cut in each way that is asked for: by `all` of the columns, by `none`,
-- or by one of them. What is rolled up and what is not yet is summed up here alone. How long calls took is kept as counts
-- by bucket: see api.latency_bucket. A call to a model without a cost is one of unknown price, however it ended: what is
-- certain to be free, as one that was refused, is written with a cost of 0. Of a run that was removed the call itself
-- knows the template.
CREATE FUNCTION api.sum_up_usage(p_organization uuid, p_from timestamptz, p_to timestamptz, p_cuts text[]) RETURNS TABLE (
    cut text, is_model boolean, project_id uuid, user_id uuid, template_id uuid, provider varchar, model varchar,
    endpoint varchar, error_kind varchar, calls bigint, failed_calls bigint, unpriced_calls bigint, prompt_tokens bigint,
    completion_tokens bigint, cost_usd numeric, latency_buckets smallint[], latency_calls integer[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH called AS (
        SELECT k.cut, u.provider IS NOT NULL AS is_model,
               CASE WHEN k.cut IN ('all', 'project') THEN u.project_id END AS project_id,
               CASE WHEN k.cut IN ('all', 'person') THEN u.user_id END AS user_id,
               CASE WHEN k.cut IN ('all', 'template') THEN coalesce(r.template_id, u.template_id) END AS template_id,
               CASE WHEN k.cut IN ('all', 'model') THEN u.provider END AS provider,
               CASE WHEN k.cut IN ('all', 'model') THEN u.model END AS model,
               CASE WHEN k.cut IN ('all', 'endpoint') THEN u.endpoint END AS endpoint,
               CASE WHEN k.cut IN ('all', 'error') THEN u.error_kind END AS error_kind,
               u.error_kind IS NOT NULL AND u.error_kind <> 'cancelled' AS has_failed,
               u.prompt_tokens, u.completion_tokens, u.cost_usd, api.latency_bucket(u.response_time_ms) AS bucket
          FROM api_usage u
          LEFT JOIN orchestration_runs r ON r.id = u.run_id
         CROSS JOIN unnest(p_cuts) AS k(cut)
         WHERE u.organization_id = p_organization AND u.created_at >= p_from AND u.created_at < p_to
    ), cells AS (
        SELECT c.cut, c.is_model, c.project_id, c.user_id, c.template_id, c.provider, c.model, c.endpoint, c.error_kind,
               c.bucket, count(*) AS calls, count(*) FILTER (WHERE c.has_failed) AS failed_calls,
               count(*) FILTER (WHERE c.is_model AND c.cost_usd IS NULL) AS unpriced_calls,
               sum(c.prompt_tokens) AS prompt_tokens, sum(c.completion_tokens) AS completion_tokens,
               sum(c.cost_usd) AS cost_usd
          FROM called c
         GROUP BY c.cut, c.is_model, c.project_id, c.user_id, c.template_id, c.provider, c.model, c.endpoint,
                  c.error_kind, c.bucket
    )
    SELECT c.cut, c.is_model, c.project_id, c.user_id, c.template_id, c.provider, c.model, c.endpoint, c.error_kind,
           sum(c.calls)::bigint, sum(c.failed_calls)::bigint, sum(c.unpriced_calls)::bigint,
           coalesce(sum(c.prompt_tokens), 0)::bigint, coalesce(sum(c.completion_tokens), 0)::bigint,
           coalesce(sum(c.cost_usd), 0),
           coalesce(array_agg(c.bucket ORDER BY c.bucket) FILTER (WHERE c.bucket IS NOT NULL), '{}'),
           coalesce(array_agg(c.calls::integer ORDER BY c.bucket) FILTER (WHERE c.bucket IS NOT NULL), '{}')
      FROM cells c
     GROUP BY c.cut, c.is_model, c.project_id, c.user_id, c.template_id, c.provider, c.model, c.endpoint, c.error_kind
$$;
